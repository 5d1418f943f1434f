import subprocess
import sys

import pytest
import torch

from teachtext.models.sequences import Sequences
from tests.support.running import ROOT
from tests.support.toy_batches import (
    DIMS,
    FAMILY_SETTINGS,
    MAX_ROWS,
    WITH_LEGACY,
    noisy,
    padded_batch,
    toy_batch,
    toy_family,
)

EVERY = pytest.mark.parametrize("family", FAMILY_SETTINGS)
MODES = pytest.mark.parametrize("training", [True, False])
LEGACY = pytest.mark.parametrize("family", WITH_LEGACY)


def close(left, right):
    return torch.allclose(left, right, rtol=1e-4, atol=1e-5)


@EVERY
@MODES
def test_padding_changes_nothing(family, training):
    model = toy_family(family).train(training)
    tokens, videos = toy_batch()
    longer = {name: padded_batch(item, 2) for name, item in videos.items()}
    assert close(model(padded_batch(tokens, 3), longer), model(tokens, videos))


@EVERY
@MODES
def test_what_is_not_valid_changes_nothing(family, training):
    model = toy_family(family).train(training)
    tokens, videos = toy_batch()
    other = {name: noisy(item) for name, item in videos.items()}
    assert close(model(noisy(tokens), other), model(tokens, videos))


@LEGACY
def test_legacy_depends_on_features_of_missing_experts_in_training(family):
    model = toy_family(family, legacy=True).train()
    tokens, videos = toy_batch()
    other = videos | {"speech": noisy(videos["speech"])}
    assert not close(model(tokens, other), model(tokens, videos))


@LEGACY
def test_legacy_depends_on_the_length_that_it_pads_to(family):
    model = toy_family(family, legacy=True).eval()
    longer = toy_family(family, legacy=True, max_rows={"speech": MAX_ROWS + 2}).eval()
    longer.load_state_dict(model.state_dict())
    tokens, videos = toy_batch()
    assert not close(longer(tokens, videos), model(tokens, videos))


@LEGACY
def test_legacy_does_not_depend_on_the_longest_of_a_batch(family):
    model = toy_family(family, legacy=True).eval()
    tokens, _ = toy_batch()
    first_has_one_token = Sequences(tokens.values_BND[:1, :1], tokens.valid_BN[:1, :1])
    alone, together = model.encode_captions(first_has_one_token), model.encode_captions(tokens)
    for one, many in zip(alone.by_expert, together.by_expert, strict=True):
        assert close(one, many[:1])


def with_order(model, other):
    """The weights of a model for one whose experts come in another order."""
    order = [model.experts.index(name) for name in other.experts]
    weights, moved = model.state_dict(), {}
    tower = model.caption_tower.embed
    begins = torch.tensor([0, *tower.out_dims]).cumsum(0)
    channels = torch.cat([torch.arange(begins[i], begins[i + 1]) for i in order])
    for key, values in other.state_dict().items():
        parts = key.split(".")
        index = next((i for i, part in enumerate(parts) if part.isdigit()), None)
        if index is not None and "norms" not in parts and "layers" not in parts:
            parts[index] = str(order[int(parts[index])])
        source = weights[".".join(parts)]
        if key.startswith(("caption_tower.embed.project", "caption_tower.embed.norm")):
            source = source[channels] if values.ndim else source
        elif key.startswith("caption_tower.weights"):
            source = source[order]
        elif key == "tokens.of_expert.weight":
            source = source[[*order, len(order)]]
        moved[key] = source
    other.load_state_dict(moved)
    return other


@EVERY
@MODES
def test_the_order_of_experts_means_nothing(family, training):
    model = toy_family(family)
    other = with_order(model, toy_family(family, experts=("speech", "appearance", "audio")))
    tokens, videos = toy_batch()
    assert close(other.train(training)(tokens, videos), model.train(training)(tokens, videos))


def test_the_order_of_experts_matters_to_legacy_gating():
    model = toy_family("CE", legacy=True).eval()
    other = toy_family("CE", experts=("speech", "appearance", "audio"), legacy=True).eval()
    tokens, videos = toy_batch()
    assert not close(with_order(model, other)(tokens, videos), model(tokens, videos))


@EVERY
@pytest.mark.parametrize("legacy", [False, True])
def test_similarities_are_between_minus_one_and_one_and_everything_learns(family, legacy):
    model = toy_family(family, legacy=legacy and family != "MMT").train()
    sims = model(*toy_batch())
    assert sims.shape == (5, 5)
    assert sims.abs().max() <= 1 + 1e-5
    sims.square().sum().backward()
    assert [name for name, weights in model.named_parameters() if weights.grad is None] == []


@EVERY
@pytest.mark.parametrize("pooling", ["netvlad", "mean", "first"])
@pytest.mark.parametrize("weights", ["learned", "uniform"])
def test_mixture_weights_sum_to_one(family, pooling, weights):
    model = toy_family(family, text_pooling=pooling, mixture_weights=weights)
    weights_QM = model.encode_captions(toy_batch()[0]).weights_QM
    torch.testing.assert_close(weights_QM.sum(dim=1), torch.ones(5))
    assert (weights == "uniform") == bool((weights_QM == weights_QM[0, 0]).all())


@EVERY
def test_embeddings_have_unit_length(family):
    model = toy_family(family).eval()
    tokens, videos = toy_batch()
    widths = list(DIMS.values()) if family == "MoEE-raw" else [16] * 3
    for embedded in (model.encode_captions(tokens), model.encode_videos(videos)):
        assert [part.shape[1] for part in embedded.by_expert] == widths
        for part in embedded.by_expert:
            torch.testing.assert_close(part[0].norm(), torch.tensor(1.0))


@EVERY
def test_evaluation_does_not_depend_on_the_batch(family):
    model = toy_family(family).eval()
    tokens, videos = toy_batch()
    fewer = {
        name: type(item)(item.values_BND[:2], item.valid_BN[:2], item.seconds_BN[:2])
        for name, item in videos.items()
    }
    assert close(model(tokens, fewer), model(tokens, videos)[:, :2])


@EVERY
def test_autocast_gives_float32_similarities_near_the_exact_ones(family):
    model = toy_family(family).eval()
    batch = toy_batch()
    exact = model(*batch)
    with torch.autocast("cpu", torch.bfloat16):
        coarse = model(*batch)
    assert coarse.dtype == torch.float32
    torch.testing.assert_close(coarse, exact, rtol=0, atol=0.05)


def test_a_model_without_weights_has_the_same_names_and_shapes_and_imports_no_compiler():
    code = """
import sys
import torch
from tests.support.toy_batches import FAMILY_SETTINGS, toy_family
from teachtext.models.retrieval import without_weights
for family in FAMILY_SETTINGS:
    with without_weights():
        empty = toy_family(family).state_dict()
    shapes = {name: weights.shape for name, weights in toy_family(family).state_dict().items()}
    assert {name: weights.shape for name, weights in empty.items()} == shapes
    assert all(weights.is_meta for weights in empty.values())
print("torch._dynamo" in sys.modules)
"""
    command = [sys.executable, "-c", code]
    assert subprocess.check_output(command, text=True, cwd=ROOT) == "False\n"
