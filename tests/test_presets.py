import re

import pytest
import yaml

from tests.support.configurations import (
    ONCE,
    PRESETS,
    ROOT,
    check_ensemble,
    laid_over,
    planned_jobs,
    preset,
    put_tables,
)

COMMAND = re.compile(r"^#   snakemake .*--configfile (.+)$", re.M)
EVERY = sorted(
    path.relative_to(PRESETS).with_suffix("").as_posix() for path in PRESETS.rglob("*.yaml")
)
BASES = [path.stem for path in sorted(PRESETS.glob("*.yaml"))]
BENCHMARKS = [name for name in BASES if "dataset" in yaml.safe_load(preset(name).read_text())]


@pytest.mark.parametrize("name", BASES)
def test_every_other_preset_may_lie_over_that_for_gpus(name):
    assert laid_over(preset("gpu"), preset(name)).used_experts()


@pytest.mark.parametrize("name", EVERY)
def test_what_a_preset_says_to_run_is_valid(name):
    commands = COMMAND.findall(preset(name).read_text())
    assert commands
    for files in commands:
        paths = [ROOT / file for file in files.split()]
        assert preset(name) in paths
        assert laid_over(*paths).used_experts()


@pytest.mark.parametrize("name", ["tiny", "realclips", "vatex"])
def test_the_tests_own_configurations_are_valid(name):
    assert laid_over(ROOT / f"tests/support/configs/{name}.yaml").used_experts()


@pytest.mark.parametrize("name", BASES)
def test_alternatives_behind_a_hash_are_valid_too(name, tmp_path):
    alternative = re.compile(r"^( *)# ([\w-]+: +\{.*\})$", re.M)
    uncommented = alternative.sub(r"\1\2", preset(name).read_text())
    assert not re.search("^ +# ", uncommented, re.M)
    # A name that is there twice takes its last entry, which is the alternative.
    (tmp_path / "alternatives.yaml").write_text(uncommented)
    assert laid_over(tmp_path / "alternatives.yaml").used_experts()


def test_no_checkpoint_is_meant_to_be_on_this_machine():
    content = yaml.safe_load(preset("gpu").read_text())
    entries = [*content["experts"].values(), *content["text"].values()]
    checkpoints = [entry["checkpoint"] for entry in entries if entry and "checkpoint" in entry]
    assert checkpoints
    assert all(checkpoint.count("/") == 1 for checkpoint in checkpoints)


@pytest.mark.parametrize(
    ("name", "batch_size", "epochs", "margin", "ce_learning_rate", "ce_weight_decay"),
    [
        ("msrvtt-full", 64, 100, 0.09381161988446174, 0.1, 1e-3),
        ("msrvtt-1ka", 64, 100, 0.09381161988446174, 0.1, 1e-3),
        ("msrvtt-1kb", 64, 100, 0.09381161988446174, 0.1, 1e-3),
        ("msvd", 16, 300, 0.30764700456522676, 0.01, 5e-5),
        ("didemo", 64, 30, 0.16642835966287484, 0.1, 1e-3),
        ("lsmdc", 256, 15, 0.12132983763957966, 0.01, 1e-3),
        ("activitynet", 32, 150, 0.060496613740311816, 0.1, 1e-3),
        ("queryd", 128, 20, 0.2, 0.01, 1e-3),
        ("querydsegments", 128, 20, 0.2, 0.01, 1e-3),
        ("youcook2", 128, 20, 0.2, 0.01, 1e-3),
    ],
)
def test_a_benchmark_is_trained_as_the_authors_do(
    name, batch_size, epochs, margin, ce_learning_rate, ce_weight_decay
):
    config = laid_over(preset(name))
    plus, ce = config.training_of("baseline"), config.training_of("ce")
    assert (plus.batch_size, plus.epochs, plus.margin) == (batch_size, epochs, margin)
    assert (plus.optimizer, plus.learning_rate, plus.weight_decay) == ("radam", 1e-3, 1e-5)
    assert ce.model_dump() == plus.model_dump() | {
        "optimizer": "ranger",
        "learning_rate": ce_learning_rate,
        "weight_decay": ce_weight_decay,
    }
    assert config.architecture_of("moee").shared_dim is None
    assert config.seeds == [0, 1, 2]


@pytest.mark.parametrize(
    ("name", "max_tokens", "max_rows"),
    [
        ("msrvtt-full", 37, {"audio": 29, "speech": 32, "ocr": 49}),
        ("msrvtt-1ka", 37, {"audio": 29, "speech": 32, "ocr": 49}),
        ("msrvtt-1kb", 37, {"audio": 29, "speech": 32, "ocr": 49}),
        ("msvd", 30, {"ocr": 30}),
        ("didemo", 48, {"audio": 23, "speech": 48, "ocr": 8}),
        ("lsmdc", 36, {"audio": 11, "speech": 35, "ocr": 6}),
        ("activitynet", 49, {"audio": 4, "speech": 29, "ocr": 6}),
        ("queryd", 20, {"audio": 29}),
        ("querydsegments", 20, {"audio": 29}),
        ("youcook2", 20, {"audio": 29, "ocr": 30}),
    ],
)
def test_as_much_is_seen_of_a_video_as_the_authors_see(name, max_tokens, max_rows):
    config = laid_over(preset(name))
    assert {text.max_tokens for text in config.text.values()} == {max_tokens}
    assert config.models.max_rows == max_rows
    assert config.models.video_clusters.keys() == max_rows.keys()


def test_models_of_youcook2_are_smaller():
    models = laid_over(preset("youcook2")).models
    assert (models.shared_dim, models.text_clusters, models.text_ghost_clusters) == (512, 20, 1)
    assert models.video_clusters == {"audio": 16, "ocr": 75}


def test_segments_of_queryd_have_the_models_of_its_videos():
    segments, videos = laid_over(preset("querydsegments")), laid_over(preset("queryd"))
    assert segments.models == videos.models


def test_vatex_has_the_numbers_of_msrvtt():
    ours, theirs = laid_over(preset("vatex")), laid_over(preset("msrvtt-1kb"))
    assert ours.models == theirs.models
    changed = {"val_captions": "first", "keep_epoch": "last"}
    assert ours.training.model_copy(update=changed) == theirs.training
    assert ours.text == theirs.text


@pytest.mark.parametrize("name", BENCHMARKS)
def test_epochs_are_chosen_where_there_is_a_val_split(name):
    without = {"msrvtt-1ka", "msrvtt-1kb", "activitynet", "youcook2"}
    config = laid_over(preset(name))
    kept = {config.training_of(model).keep_epoch for model in config.trained()}
    assert kept == {"last" if name in without else "best"}


@pytest.mark.parametrize("name", BENCHMARKS)
def test_teachers_of_ce_are_trained_as_it_is(name):
    config = laid_over(preset(name))
    assert config.ranked_by("tt-ce") == ["ce-glove", "ce-wordllama", "ce"]
    check_ensemble(config, "tt-ce")


@pytest.mark.e2e
@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_benchmark_is_planned_from_its_videos(name, tmp_path):
    (tmp_path / "few.yaml").write_text("dataset: {shards: {trainval: 2}}\n")
    files = [preset(name), tmp_path / "few.yaml"]
    config = laid_over(*files)
    put_tables(tmp_path, config)
    assert planned_jobs(tmp_path, *files) == ONCE | {
        "probe_videos": 2,
        "index_videos": 1,
        "decode_videos": 2,
        "extract_expert": 2 * len(config.experts),
        "embed_captions": 3,
        "train_teacher": 5 * 3,
        "compute_similarities": 7 * 3,  # of teachers, of ce, of what teaches a pruned one
        "denoise_captions": 3,
        "review_captions": 1,
        "train_student": 7 * 3,
        "train_pruned": 2 * 3,
        "evaluate_model": 14 * 3,
        "build_index": 7,  # of students, with the first seed
    }


@pytest.mark.parametrize("benchmark", ["msrvtt-full", "msvd"])
def test_the_papers_recipe_lies_under_a_benchmark(benchmark):
    config = laid_over(preset("teachtext-paper"), preset(benchmark))
    training = config.training_of("teachtext")
    assert (training.ranking_loss, training.teacher_aggregation) == ("max-margin", "mean")
    assert (training.distillation_loss, training.distillation_weight) == ("huber", 1)
    assert [teacher.seeds for teacher in config.trained()["teachtext"].teachers] == [None] * 3


@pytest.mark.parametrize("benchmark", ["msrvtt-full", "msvd"])
def test_a_benchmark_alone_is_trained_by_the_papers_recipe(benchmark):
    training = laid_over(preset(benchmark)).training
    assert (training.ranking_loss, training.schedule) == ("max-margin", "exponential")
    assert (training.distillation_loss, training.distillation_weight) == ("huber", 1)


def test_the_best_recipe_lies_over_a_benchmark_and_is_the_shipped_one():
    shipped = laid_over().training_of("teachtext")
    config = laid_over(preset("msrvtt-full"), preset("teachtext-plus"))
    for key in ("ranking_loss", "distillation_loss", "schedule"):
        assert getattr(config.training_of("teachtext"), key) == getattr(shipped, key)
    assert shipped.ranking_loss == "info-nce"
    teachers = config.settings_of("teachtext").teachers
    assert [teacher.seeds for teacher in teachers] == [[0, 1, 2]] * 3


@pytest.mark.parametrize(
    ("group", "key", "values"),
    [
        ("aggregation", "teacher_aggregation", {"mean", "min", "max", "median"}),
        ("loss", "distillation_loss", {"huber", "l1", "l2", "kl"}),
        ("weight", "distillation_weight", {0.1, 1, 10, 100, 1000}),
    ],
)
def test_an_ablation_changes_one_thing(group, key, values):
    config = laid_over(preset("teachtext-paper"), preset("ablations"))
    reference = config.training_of("teachtext")
    models = [name for name in config.students if name.startswith(f"{group}-")]
    changed = [config.training_of(name) for name in models]
    assert {getattr(training, key) for training in [reference, *changed]} == values
    assert all(
        training.model_copy(update={key: getattr(reference, key)}) == reference
        for training in changed
    )
    assert {len(config.trained()[name].teachers) for name in models} == {3}
