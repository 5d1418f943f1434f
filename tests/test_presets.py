import re
from pathlib import Path

import pytest
import yaml
from snakemake.utils import update_config

from teachtext.config import load_config
from tests.models import test_parameter_counts as released

ROOT = Path(__file__).parent.parent
PRESETS = sorted((ROOT / "workflow/presets").glob("*.yaml"))


@pytest.fixture(params=PRESETS, ids=lambda path: path.stem)
def preset(request):
    return request.param


def laid_over(values, path):
    """The configuration as Snakemake merges it."""
    update_config(values, yaml.safe_load(path.read_text()))
    return load_config(values)


GPU = ROOT / "workflow/presets/gpu.yaml"


def test_every_other_preset_may_lie_over_that_for_gpus(preset, shipped_config):
    update_config(shipped_config, yaml.safe_load(GPU.read_text()))
    assert laid_over(shipped_config, preset).used_experts()


def test_a_preset_over_the_shipped_config_is_valid(preset, shipped_config):
    assert laid_over(shipped_config, preset).used_experts()


@pytest.mark.parametrize("name", ["tiny", "realclips", "vatex"])
def test_the_tests_own_configurations_are_valid(name, shipped_config):
    assert laid_over(shipped_config, ROOT / f"tests/configs/{name}.yaml").used_experts()


def test_alternatives_behind_a_hash_are_valid_too(preset, shipped_config, tmp_path):
    alternative = re.compile(r"^( *)# ([\w-]+: +\{.*\})$", re.M)
    uncommented = alternative.sub(r"\1\2", preset.read_text())
    assert not re.search("^ +# ", uncommented, re.M)
    # A name that is there twice takes its last entry, which is the alternative.
    (tmp_path / "alternatives.yaml").write_text(uncommented)
    assert laid_over(shipped_config, tmp_path / "alternatives.yaml").used_experts()


def test_no_checkpoint_is_meant_to_be_on_this_machine():
    content = yaml.safe_load(GPU.read_text())
    entries = [*content["experts"].values(), *content["text"].values()]
    checkpoints = [entry["checkpoint"] for entry in entries if entry and "checkpoint" in entry]
    assert checkpoints
    assert all(checkpoint.count("/") == 1 for checkpoint in checkpoints)


@pytest.mark.parametrize(
    ("name", "batch_size", "epochs", "margin", "ce_learning_rate", "ce_weight_decay"),
    [
        ("msrvtt-full", 64, 100, 0.09381161988446174, 0.1, 1e-3),
        ("msrvtt-1ka", 64, 100, 0.09381161988446174, 0.1, 1e-3),
        ("msvd", 16, 300, 0.30764700456522676, 0.01, 5e-5),
        ("didemo", 64, 30, 0.16642835966287484, 0.1, 1e-3),
        ("lsmdc", 256, 15, 0.12132983763957966, 0.01, 1e-3),
        ("activitynet", 32, 150, 0.060496613740311816, 0.1, 1e-3),
        ("queryd", 128, 20, 0.2, 0.01, 1e-3),
    ],
)
def test_a_benchmark_is_trained_as_the_authors_do(
    name, batch_size, epochs, margin, ce_learning_rate, ce_weight_decay, shipped_config
):
    config = laid_over(shipped_config, ROOT / f"workflow/presets/{name}.yaml")
    plus, ce = config.training_of("baseline"), config.training_of("ce")
    assert (plus.batch_size, plus.epochs, plus.margin) == (batch_size, epochs, margin)
    assert (plus.optimizer, plus.learning_rate, plus.weight_decay) == ("radam", 1e-3, 1e-5)
    assert (ce.optimizer, ce.learning_rate) == ("ranger", ce_learning_rate)
    assert ce.weight_decay == ce_weight_decay
    assert config.architecture_of("moee").shared_dim is None


@pytest.mark.parametrize(
    ("name", "corpus"),
    [
        ("msrvtt-full", released.MSRVTT),
        ("msrvtt-1ka", released.MSRVTT),
        ("msvd", released.MSVD),
        ("didemo", released.DIDEMO),
        ("lsmdc", released.LSMDC),
        ("activitynet", released.ACTIVITYNET),
        ("queryd", released.QUERYD),
    ],
)
def test_a_benchmarks_models_have_the_sizes_of_the_released_ones(name, corpus, shipped_config):
    config = laid_over(shipped_config, ROOT / f"workflow/presets/{name}.yaml")
    models = config.models
    assert (models.text_clusters, models.text_ghost_clusters) == (
        corpus.text_clusters,
        corpus.ghosts,
    )
    assert (models.shared_dim, models.video_clusters) == (768, corpus.clusters)
    assert models.max_rows == corpus.max_rows
    assert {text.max_tokens for text in config.text.values()} == {corpus.max_tokens}


@pytest.mark.parametrize("benchmark", ["msrvtt-full", "msvd"])
def test_the_papers_recipe_lies_under_a_benchmark(benchmark, shipped_config):
    update_config(
        shipped_config,
        yaml.safe_load((ROOT / "workflow/presets/teachtext-paper.yaml").read_text()),
    )
    config = laid_over(shipped_config, ROOT / f"workflow/presets/{benchmark}.yaml")
    training = config.training_of("teachtext")
    assert (training.ranking_loss, training.teacher_aggregation) == ("max-margin", "mean")
    assert (training.distillation_loss, training.distillation_weight) == ("huber", 1)
    assert [teacher.seeds for teacher in config.rows()["teachtext"].teachers] == [None] * 3


@pytest.mark.parametrize("benchmark", ["msrvtt-full", "msvd"])
def test_a_benchmark_alone_is_trained_by_the_papers_recipe(benchmark, shipped_config):
    training = laid_over(shipped_config, ROOT / f"workflow/presets/{benchmark}.yaml").training
    assert (training.ranking_loss, training.schedule) == ("max-margin", "exponential")
    assert (training.distillation_loss, training.distillation_weight) == ("huber", 1)


def test_the_best_recipe_lies_over_a_benchmark_and_is_the_shipped_one(shipped_config):
    shipped = load_config(shipped_config).training_of("teachtext")
    msrvtt = yaml.safe_load((ROOT / "workflow/presets/msrvtt-full.yaml").read_text())
    update_config(shipped_config, msrvtt)
    config = laid_over(shipped_config, ROOT / "workflow/presets/teachtext-plus.yaml")
    for key in ("ranking_loss", "distillation_loss", "distillation_weight", "schedule"):
        assert getattr(config.training_of("teachtext"), key) == getattr(shipped, key)
    assert shipped.ranking_loss == "info-nce"
    teachers = config.row("teachtext").teachers
    assert [teacher.seeds for teacher in teachers] == [[0, 1, 2]] * 3


@pytest.mark.parametrize(
    ("group", "key", "values"),
    [
        ("aggregation", "teacher_aggregation", {"mean", "min", "max", "median"}),
        ("loss", "distillation_loss", {"huber", "l1", "l2", "kl"}),
        ("weight", "distillation_weight", {0.1, 1, 10, 100, 1000}),
    ],
)
def test_an_ablation_changes_one_thing(group, key, values, shipped_config):
    paper = yaml.safe_load((ROOT / "workflow/presets/teachtext-paper.yaml").read_text())
    update_config(shipped_config, paper)
    config = laid_over(shipped_config, ROOT / "workflow/presets/ablations.yaml")
    reference = config.training_of("teachtext")
    rows = [name for name in config.students if name.startswith(f"{group}-")]
    changed = [config.training_of(name) for name in rows]
    assert {getattr(training, key) for training in [reference, *changed]} == values
    assert all(
        training.model_copy(update={key: getattr(reference, key)}) == reference
        for training in changed
    )
    assert {len(config.rows()[name].teachers) for name in rows} == {3}
