"""What config.yaml does not ask for is not reported: one line says what, and what to do."""

import json
import re
from functools import partial

import pytest

from teachtext.cli import run
from teachtext.errors import ConfigError, StoreError
from teachtext.pruning.pareto import pareto_table
from teachtext.store.tables import write_table
from teachtext.store.versions import MADE_BY, STAGE_VERSIONS, stamp
from tests.support.report_inputs import change_evaluation, evaluations_of

main = partial(run, "write-report")

AGAIN = "Delete it and run snakemake again."


def refusal(corpus, **arguments):
    with pytest.raises(StoreError) as caught:
        main(corpus.arguments(corpus.folder / "index.html", **arguments))
    assert not (corpus.folder / "index.html").exists()
    return str(caught.value)


def change_json(path, change):
    values = json.loads(path.read_text())
    change(values)
    path.write_text(json.dumps(values))


@pytest.mark.parametrize(
    ("section", "key", "value", "difference"),
    [
        ("models", "shared_dim", 8, "models.shared_dim {shared_dim}, config.yaml says 8"),
        ("training", "epochs", 4, "training.epochs 3, config.yaml says 4"),
        ("evaluate", "top", 7, "evaluate.top 10, config.yaml says 7"),
    ],
)
def test_other_settings_are_refused(section, key, value, difference, corpus):
    difference = difference.format(**corpus.config[section])
    corpus.config[section][key] = value
    first = corpus.evaluations[0]
    assert refusal(corpus) == f"{first} was made with {difference}. {AGAIN}"


@pytest.mark.parametrize(
    ("changes", "difference"),
    [
        ({"text_encoder": "glove"}, "text_encoder minilm, config.yaml says glove"),
        ({"captions": "clean"}, "captions all, config.yaml says clean"),
        (
            {"teachers": [{"model": "teacher-glove", "seeds": [0, 1]}]},
            "teachers [], config.yaml says ['teacher-glove/0', 'teacher-glove/1']",
        ),
        (
            {"experts": ["audio"]},
            "experts ['appearance', 'audio', 'motion'], config.yaml says ['audio']",
        ),
        ({"training": {"epochs": 9}}, "training.epochs 3, config.yaml says 9"),
    ],
)
def test_another_model_is_refused(changes, difference, corpus):
    corpus.config["students"]["baseline"] |= changes
    path = corpus.folder / "evaluate/baseline/0.json"
    assert refusal(corpus) == f"{path} was made with {difference}. {AGAIN}"


def test_event_files_change_no_model(corpus):
    corpus.config["training"]["tensorboard"] = not corpus.config["training"]["tensorboard"]
    main(corpus.arguments(corpus.folder / "index.html"))


def test_a_model_or_a_seed_that_is_not_in_the_configuration_is_refused(corpus):
    del corpus.config["students"]["baseline"]
    path = corpus.folder / "evaluate/baseline/0.json"
    assert refusal(corpus) == f"{path} is of baseline, which is not in config.yaml. {AGAIN}"
    corpus.config["seeds"] = [0]
    path = corpus.folder / "evaluate/teacher-glove/1.json"
    assert refusal(corpus) == f"{path} is of seed 1, config.yaml has [0]. {AGAIN}"


def test_an_evaluation_of_another_model_is_refused(corpus):
    folder = corpus.folder / "models/baseline/1"
    (folder / "model.safetensors").write_bytes(b"trained again")
    path = corpus.folder / "evaluate/baseline/1.json"
    assert refusal(corpus) == f"{path} is not of the model that is in {folder} now. {AGAIN}"


def test_other_features_by_the_settings_of_the_expert_are_refused(corpus):
    corpus.config["experts"]["motion"]["fps"] = 3
    folder = corpus.models_of_runs[0]
    assert re.fullmatch(
        rf"{folder} was made with experts\.motion\.fps [\d.]+, config\.yaml says 3\.0\. {AGAIN}",
        refusal(corpus),
    )


@pytest.mark.parametrize(
    ("key", "value", "what"),
    [
        ("tokens", "1", "token vectors of minilm"),
        ("features", {"appearance": "0", "audio": "1", "motion": "0"}, "features of audio"),
    ],
)
def test_models_that_do_not_share_their_inputs_are_refused(key, value, what, corpus):
    first, last = corpus.folder / "models/baseline/0", corpus.folder / "models/teachtext/1"
    if what.startswith("features"):
        first = corpus.models_of_runs[0]
    change_json(last / "config.json", lambda card: card["made_from"].update({key: value}))
    corpus.evaluate_again()
    line = f"{last} and {first} were made from different {what}. Delete both and run snakemake"
    assert refusal(corpus) == f"{line} again."


def test_a_denoised_set_of_other_settings_is_refused(corpus):
    path = corpus.denoise(0)
    corpus.config["denoise"]["clean"]["keep_rank_below"] = 5
    assert refusal(corpus, denoise=[path]) == (
        f"{path} was made with denoise.clean.keep_rank_below 1.0, config.yaml says 5.0. {AGAIN}"
    )


def test_a_denoised_set_of_other_seeds_is_refused(corpus):
    path = corpus.denoise(0)
    corpus.config["denoise"]["clean"]["teachers"][0]["seeds"] = [7]
    line = refusal(corpus, denoise=[path])
    assert line.startswith(f"{path} was made with denoise.clean.teachers ")


def test_a_model_of_captions_that_are_not_kept_now_is_refused(corpus):
    path, folder = corpus.denoise(0), corpus.folder / "models/baseline/0"
    corpus.config["students"]["baseline"]["captions"] = "clean"
    for seed in (0, 1):
        card = corpus.folder / f"models/baseline/{seed}/config.json"
        change_json(card, lambda card: card.update(captions="clean"))
    corpus.evaluate_again()
    for seed in (0, 1):
        change_evaluation(corpus.folder / f"evaluate/baseline/{seed}.json", captions="clean")
    assert refusal(corpus, denoise=[path]) == (
        f"{folder} was trained on other captions than {path} keeps now. {AGAIN}"
    )


def test_a_model_of_another_version_is_refused(corpus, monkeypatch):
    monkeypatch.setitem(STAGE_VERSIONS, "train_student", 2)
    assert f"(train_student 1, this one makes 2). {AGAIN}" in refusal(corpus)


def test_a_denoised_set_of_another_version_is_refused(corpus, monkeypatch):
    path = corpus.denoise(0)
    monkeypatch.setitem(STAGE_VERSIONS, "denoise_captions", 2)
    assert refusal(corpus, denoise=[path]).startswith(f"{path} was made by another version")


def test_a_pruning_of_models_with_other_settings_is_refused(corpus):
    keep = {"text_encoder": "minilm", "keep": 1, "strategy": "backward", "teachers": []}
    corpus.config["pruned"] = {"lean": keep}
    found = evaluations_of(
        "lean+audio", [50], section="pruned", experts=("audio",),
        models=corpus.config["models"], settings=corpus.config["evaluate"],
        training=corpus.config["training"] | {"epochs": 5},
    )  # fmt: skip
    made = {MADE_BY: stamp("compute_pareto"), "runs": json.dumps([one.facts for one in found])}
    path = corpus.folder / "pareto.parquet"
    write_table(path, pareto_table(found, {"audio": 1.0}), made | {"search": "lean"})
    assert refusal(corpus, searches=[path]) == (
        f"{path} was made with training.epochs 5, config.yaml says 3. {AGAIN}"
    )


def test_a_configuration_that_is_none_is_one_line(corpus):
    corpus.config["seeds"] = []
    with pytest.raises(ConfigError, match=r"^--config: seeds: .*"):
        main(corpus.arguments(corpus.folder / "index.html"))
