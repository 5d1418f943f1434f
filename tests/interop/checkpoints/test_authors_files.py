import numpy as np
import pytest
import torch

from teachtext.errors import ConfigError, DatasetError
from teachtext.interop.checkpoints.authors_files import build_released, sizes_of
from tests.support.authors_models import ARCHITECTURES, EXPERT_DIMS, batch, tensors
from tests.support.reference import load_reference, section
from tests.support.toy_sets import toy_architecture

EXPERTS = list(EXPERT_DIMS)
ROWS = {"audio": 5, "ocr": 4}


def released(name):
    return tensors(section(load_reference(name), "state/"))


def build(theirs, **changes):
    given = {"token_dim": 20, "max_tokens": 7, "expert_dims": EXPERT_DIMS, **changes}
    settings = toy_architecture(max_rows=given.pop("max_rows", ROWS))
    return build_released(theirs, sizes_of(theirs, EXPERTS), settings, **given)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_sizes_are_read_off_the_weights(name):
    sizes = sizes_of(released(name), EXPERTS)
    assert sizes.token_dim == 20
    assert sizes.expert_dims == EXPERT_DIMS
    assert sizes.changes == {
        **ARCHITECTURES[name],
        "text_pooling": "netvlad",
        "text_clusters": 3,
        "text_ghost_clusters": 1,
        "video_clusters": {"audio": 2, "ocr": 2},
        "mixture_weights": "learned",
        "legacy": True,
    }


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_similarities_are_those_of_the_authors(name):
    arrays = load_reference(name)
    model, settings = build(released(name))
    assert settings.legacy
    # the references are of training: in evaluation the running statistics count
    sims = model.train()(*batch(arrays, "train")).detach()
    np.testing.assert_allclose(sims, arrays["train/sims"], rtol=0, atol=1e-5)


def test_dead_layers_of_old_checkpoints_are_left_aside():
    theirs = released("ce") | {"ce.moe_cg.fc.weight": torch.ones(2)}
    assert build(theirs)[0].experts == tuple(EXPERTS)


@pytest.mark.parametrize(
    ("experts", "words"),
    [
        (EXPERTS[:3], "has 4 experts, among them audio, ocr with NetVLAD; its entry has 3"),
        (["audio", "face", "scene", "speech"], "its entry has 4: audio, face"),
    ],
)
def test_other_experts_are_told(experts, words):
    with pytest.raises(DatasetError, match=words):
        sizes_of(released("ce"), experts)


def test_other_models_are_told():
    with pytest.raises(DatasetError, match=r"no 'text_pooling\.clusters': it is no CE"):
        sizes_of({"weight": torch.ones(2)}, EXPERTS)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"token_dim": 21}, "token vectors of 20 numbers, these have 21"),
        ({"expert_dims": EXPERT_DIMS | {"ocr": 301}}, "300 numbers as 'ocr', these have 301"),
        ({"max_rows": {"audio": 5}}, "max_rows, which has no 'ocr'"),
    ],
)
def test_what_does_not_fit_the_data_is_one_line(changes, words):
    with pytest.raises(ConfigError, match=words) as caught:
        build(released("ce"), **changes)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("key", ["ce.g_reason_1.weight", "ce.text_GU.3.fc.weight"])
def test_weights_that_are_missing_or_torn_are_one_line(key):
    theirs = released("ce")
    torn = theirs | {key: theirs[key][:-1]}
    for broken in (torn, {name: value for name, value in theirs.items() if name != key}):
        with pytest.raises(DatasetError, match="do not fit together") as caught:
            build(broken)
        assert "\n" not in str(caught.value)
