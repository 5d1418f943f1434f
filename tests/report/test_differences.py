import numpy as np
import pyarrow as pa
import pytest

from teachtext.errors import StoreError
from teachtext.report.differences import Differences, measure_differences
from tests.support.report_inputs import evaluation

QUERIES = pa.table({"query_id": ["a", "b", "c", "d"], "video_id": ["1", "2", "3", "4"]})


def ranked(model, ranks, seed=0, **changes):
    ranks = {"t2v": np.array(ranks, np.float64), "v2t": np.array([0.0])}
    return evaluation(model, seed, **{"ranks": ranks, "text_queries": QUERIES, **changes})


def measured(*evaluations, also=()):
    generator = np.random.default_rng(0)
    return measure_differences(evaluations, also, samples=100, generator=generator)


def pairs(*evaluations):
    return [(row.model, row.reference) for row in measured(*evaluations).rows]


def test_every_student_is_compared_with_the_first_of_its_section():
    assert pairs(
        ranked("glove", [9] * 4, section="teachers"),
        ranked("minilm", [0] * 4, section="teachers"),
        ranked("small", [9] * 4, section="pruned"),
        ranked("baseline", [9] * 4),
        ranked("teachtext", [0] * 4, teachers=("t",)),
        ranked("small-teachvideo", [0] * 4, section="pruned"),
        ranked("clean", [0] * 4),
    ) == [("teachtext", "baseline"), ("clean", "baseline"), ("small-teachvideo", "small")]


def test_what_is_not_trained_is_compared_with_the_first_of_the_students():
    zero = ranked("clip", [0] * 4, section="zero_shot", best_epoch=None)
    students = [ranked("baseline", [9] * 4), ranked("teachtext", [0] * 4)]
    assert pairs(zero, *students) == [("teachtext", "baseline"), ("clip", "baseline")]
    assert pairs(zero, ranked("small", [9] * 4, section="pruned")) == []


def test_a_section_of_one_has_nothing_to_compare():
    found = measured(ranked("baseline", [0] * 4), ranked("t", [0] * 4, section="teachers"))
    assert found.rows == ()


@pytest.mark.parametrize(
    ("baseline", "ranks", "verdict"),
    [
        ([99, 99, 99, 99], [0, 0, 0, 0], "better"),
        ([0, 0, 0, 0], [99, 99, 99, 99], "worse"),
        ([0, 0, 0, 99], [0, 0, 99, 0], "open"),
    ],
)
def test_a_model_is_better_or_worse_if_the_interval_leaves_out_zero(baseline, ranks, verdict):
    (row,) = measured(ranked("baseline", baseline), ranked("teachtext", ranks)).rows
    assert row.verdict == verdict


def test_pairs_that_are_told_elsewhere_are_measured_and_not_drawn():
    teachers = [ranked(name, [9] * 4, section="teachers") for name in ("glove", "minilm")]
    students = ranked("baseline", [9] * 4), ranked("teachtext", [0] * 4)
    alone = measured(*teachers, *students)
    found = measured(*teachers, *students, also=[("minilm", "glove"), ("teachtext", "baseline")])
    assert found.rows == alone.rows
    assert list(found.by_pair) == [("teachtext", "baseline"), ("minilm", "glove")]
    assert found.by_pair["minilm", "glove"].headline.value == 0


def test_seeds_are_averaged_and_need_not_be_as_many():
    runs = [ranked("teachtext", ranks, seed) for seed, ranks in enumerate([[0] * 4, [99] * 4])]
    (row,) = measured(ranked("baseline", [99] * 4), *runs).rows
    assert row.headline.value == pytest.approx(50)


def test_evaluations_of_other_captions_are_refused():
    other = QUERIES.set_column(0, "query_id", pa.array(["a", "b", "c", "e"]))
    with pytest.raises(StoreError, match="different test captions"):
        measured(ranked("baseline", [0] * 4), ranked("late", [0] * 4, text_queries=other))


def test_the_axis_holds_the_longest_interval():
    better = measured(ranked("baseline", [99] * 4), ranked("teachtext", [0] * 4))
    assert better.extent == 100
    assert better.ticks == (-100, -50, 0, 50, 100)
    equal = measured(ranked("baseline", [0] * 4), ranked("teachtext", [0] * 4))
    assert equal.extent == 0.2


def test_zero_is_in_the_middle_of_the_axis():
    axis = Differences((), samples=10, by_pair={})
    assert [axis.place(tick) for tick in axis.ticks] == [0, 25, 50, 75, 100]
