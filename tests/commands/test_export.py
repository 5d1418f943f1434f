import json
from functools import partial

import pytest
import yaml
from safetensors.torch import load_file, save_file

from teachtext.cli import run
from teachtext.errors import ConfigError, StoreError
from teachtext.interop.hub.hub import HubModel
from teachtext.store.checksums import write_checksums
from teachtext.store.json_files import write_json
from teachtext.store.versions import STAGE_VERSIONS
from tests.support.exported import exported_evaluation, save_toy

main = partial(run, "export")


@pytest.fixture
def model(tmp_path, monkeypatch):
    """A model in the results of a run; the caller stands in its folder."""
    monkeypatch.chdir(tmp_path)
    return save_toy(tmp_path / "results")[0]


def lay_over(folder, **sections):
    (folder / "config.yaml").write_text(yaml.safe_dump(sections))


def test_a_model_is_exported_and_loaded(model, tmp_path, capsys):
    main(["teachtext", "out", "--license", "apache-2.0", "--name", "org/model"])
    assert capsys.readouterr().out == "out\n"
    loaded = HubModel.from_pretrained("out")
    assert loaded.text_settings.encoder == "glove"
    assert loaded.page == (tmp_path / "out/README.md").read_text()
    assert "# org/model" in loaded.page
    assert "license: apache-2.0" in loaded.page


def test_the_metrics_beside_the_model_are_found(model, tmp_path):
    (tmp_path / "results/evaluate/teachtext").mkdir(parents=True)
    path = tmp_path / "results/evaluate/teachtext/0.json"
    write_json(path, exported_evaluation(model))
    main(["teachtext", "beside"])
    assert "| 20.0 | 50.0 | 80.0 |" in (tmp_path / "beside/README.md").read_text()
    path.rename(tmp_path / "mine.json")
    main(["teachtext", "none"])
    assert "It was not evaluated." in (tmp_path / "none/README.md").read_text()
    main(["teachtext", "named", "--evaluation", "mine.json"])
    assert "| 20.0 | 50.0 | 80.0 |" in (tmp_path / "named/README.md").read_text()


def test_metrics_of_another_model_are_refused(model, tmp_path):
    write_json(tmp_path / "other.json", exported_evaluation(seed=7))
    with pytest.raises(StoreError, match="is of teachtext, seed 7, the model is teachtext, seed 0"):
        main(["teachtext", "out", "--evaluation", "other.json"])
    write_json(tmp_path / "other.json", {})
    with pytest.raises(StoreError, match=r"other\.json is no evaluation"):
        main(["teachtext", "out", "--evaluation", "other.json"])
    assert not (tmp_path / "out").exists()


def test_metrics_of_other_weights_are_refused(model, tmp_path):
    found = exported_evaluation(model)
    write_json(tmp_path / "mine.json", found)
    weights = load_file(model / "model.safetensors")
    save_file({name: 2 * one for name, one in weights.items()}, model / "model.safetensors")
    write_checksums(model)
    line = "mine.json is of other weights than results/models/teachtext/0 has now. Delete it and"
    with pytest.raises(StoreError, match=f"^{line} run snakemake again.$"):
        main(["teachtext", "out", "--evaluation", "mine.json"])


def test_metrics_of_another_version_are_refused(model, tmp_path, monkeypatch):
    write_json(tmp_path / "mine.json", exported_evaluation(model))
    monkeypatch.setitem(STAGE_VERSIONS, "evaluate_model", 2)
    with pytest.raises(StoreError, match=r"evaluate_model 1, this one makes 2"):
        main(["teachtext", "out", "--evaluation", "mine.json"])


def test_an_exported_model_is_loaded_by_later_versions(model, monkeypatch):
    main(["teachtext", "out"])
    monkeypatch.setitem(STAGE_VERSIONS, "train_student", 2)
    assert HubModel.from_pretrained("out").card.model == "teachtext"
    with pytest.raises(StoreError, match="train_student 1, this one makes 2"):
        main(["teachtext", "again"])


@pytest.mark.parametrize("words", [["lost"], ["teachtext", "--seed", "7"], ["../models"]])
def test_a_model_that_is_not_there(model, words):
    with pytest.raises(StoreError, match=r"It has: teachtext\. Name one of them"):
        main([words[0], "out", *words[1:]])


def test_a_model_of_another_folder_is_exported(model, tmp_path, monkeypatch):
    monkeypatch.chdir("/")
    main(["teachtext", str(tmp_path / "out"), "--seed", "0", "--directory", str(tmp_path)])
    assert HubModel.from_pretrained(tmp_path / "out").card.model == "teachtext"


def test_nothing_is_overwritten(model, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/mine.txt").write_text("mine")
    with pytest.raises(ConfigError, match="out is there already"):
        main(["teachtext", "out"])
    assert (tmp_path / "out/mine.txt").read_text() == "mine"


def test_a_missing_licence_is_said(model, tmp_path, caplog):
    main(["teachtext", "out"])
    assert "name one with --license" in caplog.text
    assert "license: unknown" in (tmp_path / "out/README.md").read_text()


def test_a_text_encoder_that_others_do_not_have_must_be_published(model, tmp_path):
    (tmp_path / "words").mkdir()
    glove = {"encoder": "transformers", "checkpoint": "words", "max_tokens": 8}
    lay_over(tmp_path, text={"glove": glove})
    with pytest.raises(ConfigError, match="'glove' is in words, which others do not have"):
        main(["teachtext", "out"])
    main(["teachtext", "out", "--text-checkpoint", "org/words"])
    assert HubModel.from_pretrained("out").text_settings.checkpoint == "org/words"


def test_token_vectors_that_were_made_elsewhere_have_no_reference(model, tmp_path):
    tokens = {"import": "tokens.parquet", "max_tokens": 8, "encoder": None}
    lay_over(tmp_path, text={"glove": tokens})
    main(["teachtext", "out"])
    assert HubModel.from_pretrained("out").text_settings is None


def test_a_student_of_teachers_is_exported(model):
    card = json.loads((model / "config.json").read_text())
    card["made_from"]["teachers"] = {"teacher-glove/0": "0", "teacher-glove/1": "1"}
    (model / "config.json").write_text(json.dumps(card))
    write_checksums(model)
    main(["teachtext", "out"])
    assert len(HubModel.from_pretrained("out").card.made_from.teachers) == 2


def test_a_configuration_of_another_run_is_answered_with_its_names(tmp_path, model):
    card = json.loads((model / "config.json").read_text()) | {"text_encoder": "mine"}
    (model / "config.json").write_text(json.dumps(card))
    write_checksums(model)
    with pytest.raises(ConfigError, match=r"'mine', which is not among .*: glove, wordllama"):
        main(["teachtext", "out"])
