import pytest

from teachtext.evaluation.significance import Difference
from teachtext.evaluation.spread import Spread
from teachtext.report.differences import DifferenceRow
from teachtext.report.headline import format_difference, format_spread, headline
from teachtext.report.summary import compare, summarize_models
from tests.support.report_inputs import evaluation, evaluations_of


def findings(*evaluations, width=0.5, seconds=None):
    """The interval of each difference is as wide as is said, to both sides."""
    models = summarize_models(evaluations)
    pairs = compare(models)
    effects = {pair.names: effect(pair.difference, width) for pair in pairs}
    return headline(models, pairs, effects, seconds or {})


def effect(points, width):
    found = Difference(points, points - width, points + width, p_value=0.5)
    return DifferenceRow("", "", {"geometric_mean": found})


def sentences(*evaluations, **arguments):
    return [finding.text for finding in findings(*evaluations, **arguments)]


def distilled(student, baseline, **arguments):
    return findings(
        *evaluations_of("baseline", baseline),
        *evaluations_of("teachtext", student, teachers=("t",)),
        **arguments,
    )


def test_win():
    (finding,) = distilled([43, 45], [39, 41])
    assert (finding.topic, finding.verdict) == ("Distillation", "better")
    assert finding.text == (
        "The distilled student teachtext beats baseline, the same without teachers, by 4.0 points "
        "of test text-to-video geometric mean (95\N{NO-BREAK SPACE}% interval +3.5 to +4.5; "
        "44.0 ± 1.4 against 40.0 ± 1.4; 2 seeds)."
    )


def test_what_other_videos_may_not_confirm_is_open():
    (finding,) = distilled([43, 45], [39, 41], width=5)
    assert finding.verdict == "open"
    assert "scores 4.0 points" in finding.text
    assert "above baseline, the same without teachers, though other videos may" in finding.text
    assert "beats" not in finding.text


def test_within_the_spread():
    (finding,) = distilled([39.5, 41.5], [39, 41])
    assert "is within the spread of the seeds of baseline" in finding.text
    assert "+0.5 points" in finding.text
    assert "beats" not in finding.text
    assert finding.verdict == "open"


def test_loss():
    (finding,) = distilled([35, 37], [39, 41])
    assert "falls short of baseline, the same without teachers, by 4.0 points" in finding.text
    assert finding.verdict == "worse"


def test_one_seed_claims_no_win():
    (finding,) = distilled([50], [40])
    assert "scores 10.0 points" in finding.text
    assert "in one seed, of unknown spread" in finding.text
    assert "1 seed)" in finding.text
    assert "beats" not in finding.text
    assert finding.verdict == "open"


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
        "Trained on the clean captions",
        "With appearance alone",
    ]


def test_pruning_tells_what_is_lost_and_what_is_saved():
    few = {"section": "pruned", "experts": ("appearance",), "teachers": ("teachtext",)}
    runs = [
        *evaluations_of("teachtext", [45, 46], teachers=("t",)),
        *evaluations_of("rgb", [30, 31], **few),
    ]
    seconds = {"appearance": 0.5, "audio": 0.25}
    (finding,) = findings(*runs, seconds=seconds)
    assert (finding.topic, finding.verdict) == ("Pruning", "worse")
    assert "rgb falls short of teachtext, its teacher with 2 experts, by 15.0" in finding.text
    assert finding.text.endswith("Its experts take 0.50 seconds per video instead of 0.75.")
    assert "seconds" not in sentences(*runs, seconds=seconds | {"audio": None})[0]


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
