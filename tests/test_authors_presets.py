"""The paper's experiments on the authors' features: presets that lie over those of benchmarks."""

import pytest

from teachtext.store.library import expert_path, tokens_path
from teachtext.tables.shards import CAPTIONED
from tests.support.configurations import (
    ONCE,
    PRESETS,
    ROOT,
    check_ensemble,
    laid_over,
    on_authors_features,
    planned_jobs,
    preset,
    put_tables,
)

WITH_HIGH_QUALITY = ["activitynet", "didemo", "lsmdc", "msrvtt-1ka", "msrvtt-full", "msvd"]
"""Benchmarks of which there is an archive without i3d, face, ocr and openai."""
ALL = [*WITH_HIGH_QUALITY, "msrvtt-1kb", "queryd", "querydsegments"]
HQ_ALONE = preset("authors/hq-alone")
REFINED = ["ce-plus-w2v", "ce-plus-gpt2-xl", "ce-plus"]


@pytest.mark.parametrize("name", ["msrvtt-full", "msrvtt-1ka"])
def test_moee_has_numbers_of_its_own_for_msrvtt(name):
    config = laid_over(*on_authors_features(name))
    moee, training = config.architecture_of("moee"), config.training_of("moee")
    assert (moee.text_clusters, moee.text_ghost_clusters) == (50, 2)
    assert moee.video_clusters == {"audio": 27, "speech": 45, "ocr": 20}
    assert moee.max_rows == {"audio": 17, "speech": 32, "ocr": 3}
    assert config.text[config.text_encoder_of("moee")].max_tokens == 19
    assert (training.margin, training.optimizer) == (0.12638433919050676, "ranger")


def test_every_preset_of_the_authors_features_has_a_benchmark_below():
    assert {*ALL, "hq-alone"} == {path.stem for path in PRESETS.glob("authors/*.yaml")}
    assert set(ALL) <= {path.stem for path in PRESETS.glob("*.yaml")}


@pytest.mark.parametrize("name", ALL)
def test_all_is_imported_from_where_import_features_writes(name):
    config = laid_over(*on_authors_features(name))
    folder = ROOT / "data" / name / "features"
    assert (config.dataset.videos, config.extracted_experts(), config.encoders()) == (None, {}, {})
    assert ROOT / config.dataset.captions == folder / "captions.csv"
    for expert, file in config.imported_experts().items():
        assert ROOT / file in (expert_path(folder, expert), miechs(folder, expert, name))
    for encoder, entry in config.imported_tokens().items():
        assert ROOT / entry.file == tokens_path(folder, encoder.removesuffix("-19"))
    assert config.used_experts() == sorted(config.experts)
    assert config.models.legacy


def miechs(folder, expert, name):
    """Two experts of one split have the names of others."""
    own = name == "msrvtt-1kb" and expert in ("audio", "face")
    return expert_path(folder, f"antoine-{expert}") if own else None


@pytest.mark.parametrize("name", WITH_HIGH_QUALITY)
def test_the_papers_models_see_the_papers_experts(name):
    config = laid_over(*on_authors_features(name))
    heard = set() if name == "msvd" else {"audio", "speech"}
    seen = {
        "imagenet.resnext101_32x48d.0",
        "imagenet.senet154.0",
        "r2p1d.r2p1d-ig65m.0",
        "scene.densenet161.0",
    }
    for row in ("ce", "tt-ce", "moee"):
        assert set(config.experts_of(row)) == heard | seen | {"face", "i3d.i3d.0", "ocr"}
    for row in ("ce-plus", "tt-ce-plus"):
        assert set(config.experts_of(row)) == heard | seen | {"r2p1d.r2p1d-ig65m-kinetics.0"}
        assert config.text_encoder_of(row) == "gpt2-xl-finetune"
    assert config.text_encoder_of("ce") == ("w2v" if name == "lsmdc" else "openai")
    assert config.ranked_by("tt-ce-plus") == REFINED
    check_ensemble(config, "tt-ce-plus")
    check_ensemble(config, "tt-ce")
    assert config.training_of("ce-plus").optimizer == "radam"


@pytest.mark.parametrize("name", ["msrvtt-full", "msrvtt-1ka", "msvd"])
def test_refined_teachers_choose_the_captions(name):
    config = laid_over(*on_authors_features(name))
    kept = config.denoise["denoised"]
    assert [teacher.model for teacher in kept.teachers] == REFINED
    assert (kept.keep_rank_below, kept.keep_per_video) == (100, 1)
    for row in ("ce-plus", "tt-ce-plus"):
        denoised = config.settings_of(f"{row}-denoised")
        assert denoised == config.settings_of(row).model_copy(update={"captions": "denoised"})


def test_a_stricter_set_may_take_all_captions_of_a_video():
    config = laid_over(*on_authors_features("msrvtt-full"))
    kept = config.denoise[config.settings_of("tt-ce-plus-denoised-less80").captions]
    assert [teacher.model for teacher in kept.teachers] == REFINED
    assert (kept.keep_rank_below, kept.keep_per_video) == (80, 0)


@pytest.mark.parametrize("name", WITH_HIGH_QUALITY)
def test_the_high_quality_archive_alone_is_enough_for_the_plus_rows(name):
    both = laid_over(*on_authors_features(name))
    alone = laid_over(*on_authors_features(name), HQ_ALONE)
    assert not {"face", "i3d.i3d.0", "ocr"} & set(alone.used_experts())
    assert set(alone.text) == {"w2v", "gpt2-xl", "gpt2-xl-finetune"}
    left = [model for model in both.trained() if "ce-plus" in model]
    assert list(alone.trained()) == left
    assert all(alone.settings_of(model) == both.settings_of(model) for model in left)


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("name", "over", "experts", "encoders", "teachers", "ranking", "denoised", "students"),
    [
        ("msrvtt-full", [], 10, 5, 4, 6, 2, 8),
        ("msrvtt-1ka", [], 10, 5, 4, 6, 1, 7),
        ("msrvtt-1kb", [], 11, 1, 0, 0, 0, 2),
        ("msvd", [], 8, 4, 4, 6, 1, 7),
        ("didemo", [], 10, 4, 4, 6, 0, 5),
        ("lsmdc", [], 10, 3, 4, 6, 0, 5),
        ("activitynet", [], 10, 4, 4, 6, 0, 5),
        ("queryd", [], 4, 1, 0, 0, 0, 2),
        ("querydsegments", [], 4, 1, 0, 0, 0, 2),
        ("msrvtt-full", [HQ_ALONE], 7, 3, 2, 3, 2, 5),
        ("msvd", [HQ_ALONE], 5, 3, 2, 3, 1, 4),
    ],
)
def test_the_papers_rows_are_planned_from_the_authors_features(
    name, over, experts, encoders, teachers, ranking, denoised, students, tmp_path
):
    files = [*on_authors_features(name), *over]
    put_tables(tmp_path, laid_over(*files))
    planned = ONCE | {
        "import_expert": experts * len(CAPTIONED),
        "import_tokens": encoders * len(CAPTIONED),
        "train_teacher": teachers * 3,
        "compute_similarities": ranking * 3,
        "denoise_captions": denoised * 3,
        "review_captions": denoised,
        "train_student": students * 3,
        "evaluate_model": (teachers + students) * 3,
    }
    assert planned_jobs(tmp_path, *files) == {rule: jobs for rule, jobs in planned.items() if jobs}
