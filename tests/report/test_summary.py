import numpy as np
import pytest

from teachtext.evaluation.metrics import METRICS
from teachtext.evaluation.spread import Spread, spread
from teachtext.report.summary import (
    best_as_shown,
    chance_found,
    chance_level,
    compare,
    summarize_models,
)
from tests.support.report_inputs import evaluation, evaluations_of


def test_spread_is_mean_and_sample_standard_deviation():
    assert spread([1.0, 2.0, 3.0]) == Spread(mean=2.0, std=1.0)


def test_one_seed_has_no_standard_deviation():
    assert spread([7.0]) == Spread(mean=7.0, std=None)


def test_summary_keeps_seeds_and_means_per_metric():
    (summary,) = summarize_models(evaluations_of("baseline", [39.0, 40.0, 41.0]))
    assert summary.seeds == (0, 1, 2)
    assert summary.test["v2t"]["R@1"] == Spread(40.0, 1.0)
    assert summary.headline == Spread(40.0, 1.0)


def test_normalized_metrics_are_summarised_apart():
    seeds = [
        evaluation("baseline", seed, normalized={"qb-norm": {"t2v": dict.fromkeys(METRICS, mean)}})
        for seed, mean in enumerate([50.0, 52.0])
    ]
    (summary,) = summarize_models(seeds)
    assert summary.headline.mean == 40.0
    assert list(summary.normalized["qb-norm"]) == ["t2v"]
    assert summary.normalized["qb-norm"]["t2v"]["R@1"].mean == 51.0


def test_sections_follow_the_method_and_models_keep_their_order():
    models = [
        evaluation("p", section="pruned"),
        evaluation("s2"),
        evaluation("s1"),
        evaluation("t", section="teachers"),
    ]
    assert [summary.model for summary in summarize_models(models)] == ["t", "s2", "s1", "p"]


def test_of_two_denoised_pairs_the_distilled_one_comes_first():
    teachers = {"teachers": ("t",)}
    pairs = pairs_of(
        evaluation("baseline"),
        evaluation("teachtext", **teachers),
        evaluation("baseline-clean", captions="clean"),
        evaluation("teachtext-clean", captions="clean", **teachers),
    )
    assert pairs == [
        ("distillation", "teachtext", "baseline"),
        ("distillation", "teachtext-clean", "baseline-clean"),
        ("denoising", "teachtext-clean", "teachtext"),
        ("denoising", "baseline-clean", "baseline"),
    ]


def pairs_of(*evaluations):
    pairs = compare(summarize_models(evaluations))
    return [(pair.kind, pair.model.model, pair.reference.model) for pair in pairs]


def test_a_student_is_compared_with_the_same_network_without_teachers():
    student = evaluation("teachtext", teachers=("t",))
    assert pairs_of(evaluation("baseline"), student) == [("distillation", "teachtext", "baseline")]


@pytest.mark.parametrize(
    "change",
    [
        {"text_encoder": "mpnet"},
        {"experts": ("appearance",)},
        {"models": {"architecture": "MixtureOfEmbeddingExperts"}},
        {"training": {"epochs": 9, "distillation_weight": 1, "threads": 1}},
        {"training": None},
        {"captions": "clean"},
        {"section": "teachers"},
        {"teachers": ("other",)},
    ],
)
def test_models_that_differ_in_more_are_not_compared(change):
    assert pairs_of(evaluation("other", **change), evaluation("teachtext", teachers=("t",))) == []


def test_what_only_teachers_bring_along_and_where_it_ran_make_no_difference():
    training = {"epochs": 3, "distillation_weight": 300, "threads": 8}
    student = evaluation("teachtext", teachers=("t",), training=training)
    assert pairs_of(evaluation("baseline"), student) == [("distillation", "teachtext", "baseline")]


def test_students_that_learn_otherwise_from_their_teachers_tell_nothing_of_denoising():
    training = {"epochs": 3, "distillation_weight": 300, "threads": 1}
    teachers = {"teachers": ("t",)}
    clean = evaluation("clean", captions="clean", training=training, **teachers)
    assert pairs_of(clean, evaluation("teachtext", **teachers)) == []


def test_order_of_experts_does_not_matter():
    student = evaluation("teachtext", teachers=("t",), experts=("audio", "appearance"))
    assert len(pairs_of(evaluation("baseline"), student)) == 1


def test_pruned_and_denoised_models_have_their_own_questions():
    teachers = {"teachers": ("t",)}
    assert pairs_of(
        evaluation("clean", captions="clean", **teachers),
        evaluation("teachtext", **teachers),
        evaluation("rgb", section="pruned"),
        evaluation("rgb-distilled", section="pruned", **teachers),
    ) == [("denoising", "clean", "teachtext"), ("pruned", "rgb-distilled", "rgb")]


def test_a_pruned_student_is_compared_with_the_student_that_taught_it():
    few = {"section": "pruned", "experts": ("appearance",)}
    student, other = evaluation("teachtext", teachers=("t",)), evaluation("other", models={"a": 1})
    taught = evaluation("rgb", teachers=("teachtext (2 seeds)",), **few)
    assert pairs_of(student, other, taught) == [("pruning", "rgb", "teachtext")]
    assert pairs_of(student, evaluation("rgb", teachers=("teachtext", "other"), **few)) == []
    assert pairs_of(student, evaluation("rgb", teachers=("teachtext",), section="pruned")) == []


@pytest.mark.parametrize(
    ("model", "reference", "verdict"),
    [
        ([43, 45], [39, 41], "better"),  # +4.0, both 1.41: combined 2.0
        ([41, 43], [40, 42], "within"),  # +1.0
        ([40, 42], [41, 43], "within"),  # -1.0
        ([35, 37], [39, 41], "worse"),  # -4.0
        ([50], [40, 41], "one seed"),
        ([40, 40], [40, 40], "within"),  # no difference and no spread
        ([41, 41], [40, 40], "better"),
    ],
)
def test_verdict_by_hand(model, reference, verdict):
    student = evaluations_of("teachtext", model, teachers=("t",))
    (pair,) = compare(summarize_models([*evaluations_of("baseline", reference), *student]))
    assert pair.verdict == verdict


def test_combined_deviation_adds_squares():
    student = evaluations_of("teachtext", [43.0, 45.0], teachers=("t",))
    (pair,) = compare(summarize_models([*evaluations_of("baseline", [39.0, 41.0]), *student]))
    assert pair.difference == 4.0
    assert pair.combined_std == pytest.approx(2.0)


def test_best_is_decided_on_what_is_printed():
    models = summarize_models(
        [evaluation("a", 0, 40.04), evaluation("b", 0, 40.01), evaluation("c", 0, 9)]
    )
    assert best_as_shown(models, "t2v", "R@1") == {"a", "b"}
    assert best_as_shown(models, "t2v", "MdR") == {"c"}
    assert best_as_shown([], "t2v", "R@1") == set()


def test_chance_with_one_right_item():
    level = chance_level(100, np.array([1, 1]))
    assert level["R@1"] == pytest.approx(1)
    assert level["R@10"] == pytest.approx(10)
    assert level["R@50"] == pytest.approx(50)
    assert level["MdR"] == pytest.approx(50.5)
    assert level["MnR"] == pytest.approx(50.5)
    assert level["geometric_mean"] == pytest.approx(50 ** (1 / 3))


def test_chance_with_two_right_items_of_three():
    # The first place is right in 2 of 3 orders, one of the first two always.
    assert chance_found(3, np.array([2])) == pytest.approx([2 / 3, 1, 1])
    assert chance_level(3, np.array([2]))["MnR"] == pytest.approx(4 / 3)


def test_chance_of_a_gallery_smaller_than_k_is_certain():
    assert chance_level(4, np.array([1]))["R@50"] == pytest.approx(100)


def test_chance_agrees_with_shuffling():
    generator = np.random.default_rng(0)
    orders = generator.permuted(np.tile(np.arange(12), (20_000, 1)), axis=1)
    first_right = (orders < 3).argmax(axis=1)  # three of twelve items are right
    level = chance_level(12, np.array([3]))
    assert level["R@5"] == pytest.approx(100 * (first_right < 5).mean(), abs=1)
    assert level["MnR"] == pytest.approx(first_right.mean() + 1, abs=0.05)
    assert level["MdR"] == np.median(first_right) + 1
