import pytest

from teachtext.report.headline import format_difference, format_spread, headline
from teachtext.report.summary import Spread, compare, summarize

from .corpus import evaluation, evaluations_of


def sentences(*evaluations):
    models = summarize(evaluations)
    return headline(models, compare(models))


def distilled(student, baseline):
    return sentences(
        *evaluations_of("baseline", baseline),
        *evaluations_of("teachtext", student, teachers=("t",)),
    )


def test_win():
    assert distilled([43, 45], [39, 41]) == [
        "The distilled student teachtext beats baseline, the same without teachers, by 4.0 points "
        "of test text-to-video geometric mean (44.0 ± 1.4 against 40.0 ± 1.4; 2 seeds)."
    ]


def test_within_the_spread():
    (sentence,) = distilled([39.5, 41.5], [39, 41])
    assert "is within the spread of the seeds of baseline" in sentence
    assert "+0.5 points" in sentence
    assert "beats" not in sentence


def test_loss():
    (sentence,) = distilled([35, 37], [39, 41])
    assert "falls short of baseline, the same without teachers, by 4.0 points" in sentence


def test_one_seed_claims_no_win():
    (sentence,) = distilled([50], [40])
    assert "scores 10.0 points" in sentence
    assert "in one seed, of unknown spread" in sentence
    assert "1 seed)" in sentence
    assert "beats" not in sentence


def test_one_sentence_per_question_the_main_one_first():
    teachers = {"teachers": ("t",)}
    few = {"section": "pruned", "experts": ("appearance",)}
    found = sentences(
        *evaluations_of("rgb", [30, 31], **few),
        *evaluations_of("rgb-distilled", [36, 37], **few, **teachers),
        *evaluations_of("clean", [50, 51], captions="clean", **teachers),
        *evaluations_of("baseline", [40, 41]),
        *evaluations_of("teachtext", [45, 46], **teachers),
    )
    assert [sentence.split(",")[0] for sentence in found] == [
        "The distilled student teachtext beats baseline",
        "With appearance alone",
        "Trained on the clean captions",
    ]


def test_without_pairs_the_best_student_is_named():
    teacher = evaluation("teacher", 0, 60.0, section="teachers")
    (sentence,) = sentences(teacher, evaluation("a", 0, 30.0), evaluation("b", 0, 40.0))
    assert sentence.startswith("b reaches a test text-to-video geometric mean of 40.0;")


@pytest.mark.parametrize(
    ("points", "shown"),
    [(2.04, "+2.0"), (-2.0, "\N{MINUS SIGN}2.0"), (0.04, "0.0"), (-0.04, "0.0")],
)
def test_differences_carry_their_sign(points, shown):
    assert format_difference(points) == shown


def test_spread_of_one_seed_is_the_mean_alone():
    assert format_spread(Spread(40.04, None)) == "40.0"
    assert format_spread(Spread(40.04, 1.25)) == "40.0 ± 1.2"
