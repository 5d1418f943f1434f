import json

import numpy as np
import pytest
import torch

from teachtext.cli import main
from teachtext.models.checkpoint import load_model
from teachtext.store.features import StoreIdentity
from teachtext.store.records import Features
from teachtext.store.tokens import write_tokens
from teachtext.store.weights import WeightsIdentity
from teachtext.tables.dataset import Caption
from tests.support.authors_checkpoint import write_checkpoint
from tests.support.authors_models import ARCHITECTURES, EXPERT_DIMS, batch, tensors
from tests.support.reference import load_reference, section
from tests.support.stores import write_store
from tests.support.toy_sets import toy_architecture

WEIGHTS = WeightsIdentity("archive", "hash")


@pytest.fixture
def run(tmp_path):
    write_tokens(
        tmp_path / "t.parquet",
        [([Caption("a#0", "a", "test", "a")], [np.ones((1, 20), np.float32)])],
        encoder="gpt2",
        weights=WEIGHTS,
        dim=20,
        max_tokens=7,
    )
    features = []
    # the order of the arguments is not the checkpoint's, which is alphabetical
    for expert, dim in reversed(EXPERT_DIMS.items()):
        found = {"a": Features(np.ones((1, dim), np.float32), np.zeros(1), np.ones(1))}
        identity = StoreIdentity(expert, "import", dim, WEIGHTS, {})
        write_store(tmp_path / expert / "trainval-0.zarr", identity, found)
        features.append(f"{expert}={tmp_path / expert}")

    def run(weights, *, zipped):
        checkpoint = write_checkpoint(tmp_path / "m.pth", weights, zipped=zipped)
        settings = toy_architecture(max_rows={"audio": 5, "ocr": 4})
        main(
            [
                *("import-checkpoint", "--checkpoint", str(checkpoint), "--model", "released-ce"),
                *(
                    "--tokens",
                    str(tmp_path / "t.parquet"),
                    "--shards",
                    "trainval=1",
                    "--max-failed-fraction",
                    "0",
                ),
                *("--features", *features, "--architecture", settings.model_dump_json()),
                *("--output", str(tmp_path / "model")),
            ]
        )
        return tmp_path / "model"

    return run


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_released_checkpoint_becomes_a_model_directory(run, name, zipped):
    arrays = load_reference(name)
    folder = run(tensors(section(arrays, "state/")), zipped=zipped)
    model, card = load_model(folder)
    assert (card.model, card.section, card.training, card.best_epoch) == (
        *("released-ce", "released"),
        *(None, None),
    )
    assert card.architecture.legacy
    assert list(card.experts) == list(EXPERT_DIMS)
    with torch.no_grad():
        sims = model.train()(*batch(arrays, "train"))
    np.testing.assert_allclose(sims, arrays["train/sims"], rtol=0, atol=1e-5)
    assert {path.name for path in folder.iterdir()} == {
        "checksums.json",
        "config.json",
        "model.safetensors",
    }
    assert json.loads((folder / "config.json").read_text())["parameters"] == card.parameters


def test_weights_of_another_size_are_one_line(run):
    weights = tensors(section(load_reference("ce"), "state/"))
    weights["ce.moe_fc.weight"] = weights["ce.moe_fc.weight"][:3]
    with pytest.raises(SystemExit, match="has 3 experts"):
        run(weights, zipped=True)
