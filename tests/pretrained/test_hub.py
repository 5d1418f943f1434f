import hashlib
import json

import pytest
import torch
from transformers import AutoConfig, AutoModelForObjectDetection, BertConfig, Dinov2Model, ViTModel

from teachtext.errors import ConfigError
from teachtext.pretrained.hub import (
    identify_checkpoint,
    load_checkpoint,
    load_part,
)
from teachtext.store.weights import WeightsIdentity
from tests.support.tiny_checkpoints import build_tiny


@pytest.fixture(scope="module")
def dinov2(tmp_path_factory):
    return build_tiny(tmp_path_factory.mktemp("dinov2"), "dinov2")


def load(folder, **options):
    return load_checkpoint(
        str(folder), "image network", **{"precision": "float32", "device": "cpu", **options}
    )


def as_pickle(folder, source):
    """The same weights as an older checkpoint has them."""
    (folder / "config.json").write_text((source / "config.json").read_text())
    torch.save(Dinov2Model.from_pretrained(source).state_dict(), folder / "pytorch_model.bin")


def test_weights_are_identified_by_their_file(dinov2):
    content = (dinov2 / "model.safetensors").read_bytes()
    expected = WeightsIdentity(str(dinov2), hashlib.sha256(content).hexdigest())
    assert load(dinov2).weights == expected


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "float16"])
def test_the_network_is_frozen_in_the_precision_that_was_asked_for(dinov2, precision):
    loaded = load(dinov2, precision=precision)
    assert {parameter.dtype for parameter in loaded.model.parameters()} == {loaded.dtype}
    assert str(loaded.dtype) == f"torch.{precision}"
    assert not loaded.model.training


def test_an_unknown_precision_is_named_with_those_allowed(dinov2):
    with pytest.raises(ConfigError, match=r"'int8'.*float32, bfloat16, float16"):
        load(dinov2, precision="int8")


def test_weights_in_a_pickle_load_alike(dinov2, tmp_path):
    as_pickle(tmp_path, dinov2)
    ours, theirs = (load(folder).model.state_dict() for folder in (tmp_path, dinov2))
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    content = (tmp_path / "pytorch_model.bin").read_bytes()
    assert load(tmp_path).weights.sha256 == hashlib.sha256(content).hexdigest()


class Malice:
    def __reduce__(self):
        return (exec, ("raise SystemExit('executed')",))


def test_code_in_a_pickle_does_not_run(dinov2, tmp_path):
    as_pickle(tmp_path, dinov2)
    torch.save({"weights": Malice()}, tmp_path / "pytorch_model.bin")
    with pytest.raises(ConfigError, match="Cannot load the image network"):
        load(tmp_path)


def test_code_of_the_checkpoints_own_does_not_run(tmp_path):
    config = {"model_type": "homemade", "auto_map": {"AutoConfig": "code.Config"}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "code.py").write_text("raise SystemExit('executed')")
    with pytest.raises(ConfigError, match="Cannot load the image network"):
        load_part(AutoConfig, str(tmp_path), "image network")


def test_a_folder_without_checkpoint_is_named(tmp_path):
    with pytest.raises(ConfigError, match=rf"Cannot load the image network '{tmp_path}'.*folder"):
        load(tmp_path)


def test_damaged_weights_are_named(dinov2, tmp_path):
    (tmp_path / "config.json").write_text((dinov2 / "config.json").read_text())
    (tmp_path / "model.safetensors").write_bytes(b"no weights at all")
    with pytest.raises(ConfigError, match="Cannot load the image network"):
        load(tmp_path)


def test_another_kind_of_network_is_refused(tmp_path):
    BertConfig().save_pretrained(tmp_path)
    with pytest.raises(ConfigError, match="Cannot load the image network"):
        load(tmp_path, kind=AutoModelForObjectDetection)


def test_parameters_that_are_not_there_are_never_made_up(tmp_path):
    build_tiny(tmp_path, "vit")  # a classifier: it has no pooler
    with pytest.raises(ConfigError, match=r"lacks 2 parameters of ViTModel, pooler.dense.bias"):
        load(tmp_path, kind=ViTModel)
    load(tmp_path, kind=ViTModel, may_lack=("pooler.dense",))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_without_a_weight_file_the_parameters_are_identified(dinov2, tmp_path, dtype):
    (tmp_path / "config.json").write_text((dinov2 / "config.json").read_text())
    model = Dinov2Model.from_pretrained(dinov2, dtype=dtype)
    before = identify_checkpoint(str(tmp_path), model)
    assert identify_checkpoint(str(tmp_path), model) == before
    model.layernorm.weight.data[0] += 1
    assert identify_checkpoint(str(tmp_path), model).sha256 != before.sha256
