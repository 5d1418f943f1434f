import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teachtext.config.published import SplitSize
from teachtext.config.report import PublishedSettings
from teachtext.evaluation.spread import Spread
from teachtext.report.reproduction import (
    ROUNDING_STD,
    MetricPair,
    compare_splits,
    deviations_apart,
    sample_std,
    set_beside,
)
from teachtext.report.results import result_tables
from teachtext.report.summary import summarize_models
from tests.support.report_inputs import evaluations_of

README = "TT-CE+ (QB-Norm's README)"


def beside(rows, *evaluations, benchmark="msrvtt-full"):
    models = summarize_models(evaluations)
    tables = result_tables(models, evaluations[0])
    settings = PublishedSettings(benchmark=benchmark, rows=rows)
    return set_beside(settings, models, tables)


@pytest.mark.parametrize(
    ("ours", "theirs", "deviations"),
    [
        ((15.0, 0.3), (14.0, 0.4), 1 / 0.5),
        ((13.5, 0.0), (14.0, 0.5), -1.0),
        ((15.0, None), (14.0, 0.5), 2.0),
        ((14.0, 0.0), (14.0, 0.0), 0.0),
        ((15.0, 0.0), (14.0, 0.0), 1 / (0.05 / math.sqrt(3))),
    ],
)
def test_deviations_by_hand(ours, theirs, deviations):
    assert deviations_apart(Spread(*ours), Spread(*theirs)) == pytest.approx(deviations)


def test_the_floor_is_the_standard_deviation_of_rounding_to_tenths():
    errors = [(place + 0.5) / 1000 * 0.1 - 0.05 for place in range(1000)]
    assert math.sqrt(sum(e**2 for e in errors) / 1000) == pytest.approx(ROUNDING_STD, rel=1e-5)


@given(
    values=st.lists(st.floats(0, 100), min_size=2, max_size=5),
    ddof=st.sampled_from([0, 1]),
)
def test_standard_deviations_are_converted_to_n_minus_1(values, ddof):
    mean = math.fsum(values) / len(values)
    squares = math.fsum((value - mean) ** 2 for value in values)
    published = math.sqrt(squares / (len(values) - ddof))
    assert sample_std(published, seeds=len(values), ddof=ddof) == pytest.approx(
        math.sqrt(squares / (len(values) - 1)), abs=1e-9
    )


@pytest.mark.parametrize(
    ("metric", "deviations", "distance"),
    [
        ("R@1", 2.0, "within"),
        ("R@1", -2.0, "within"),
        ("R@1", 2.01, "better"),
        ("R@1", -2.01, "worse"),
        ("MdR", 2.01, "worse"),
        ("MnR", -2.01, "better"),
        ("geometric_mean", 3.0, "better"),
    ],
)
def test_lower_ranks_are_better(metric, deviations, distance):
    pair = MetricPair(metric, Spread(1.0, 0.0), Spread(1.0, 0.0), deviations)
    assert pair.distance == distance


def test_metrics_stand_beside_those_of_the_named_row():
    found = beside({"baseline": "CE+"}, *evaluations_of("baseline", [13.6, 13.8, 14.0]))
    t2v, v2t = found.tables
    (pair,) = t2v.pairs
    first = pair.metrics[0]
    assert (pair.model.model, pair.published.model) == ("baseline", "CE+")
    assert (first.label, first.published) == ("R@1", Spread(13.8, 0.1))
    assert first.ours == Spread(pytest.approx(13.8), pytest.approx(0.2))
    assert first.deviations == pytest.approx(0.0)
    assert v2t.pairs[0].metrics[0].published == Spread(22.1, 0.5)
    assert [metric.label for metric in pair.metrics] == [
        "R@1", "R@5", "R@10", "R@50", "MdR", "MnR", "Geometric mean",
    ]  # fmt: skip


def test_the_geometric_mean_of_a_release_and_all_of_the_readme_are_converted():
    """One seed of ours: the published standard deviation alone, times the root of 3 / 2."""
    runs = [*evaluations_of("a", [30.2]), *evaluations_of("b", [20.6])]
    rows = {"a": "CE+", "b": README}
    plain, readme = beside(rows, *runs, benchmark="msrvtt-full").tables[0].pairs
    assert plain.metrics[-1].deviations == pytest.approx(1.0 / (0.2 * math.sqrt(1.5)))
    assert plain.metrics[1].deviations == pytest.approx((30.2 - 36.5) / 0.2)
    assert readme.metrics[0].deviations == pytest.approx(5.7 / (0.1 * math.sqrt(1.5)))


def test_only_what_both_have_is_compared_and_only_where_it_was_published():
    found = beside({"a": README}, *evaluations_of("a", [50.0, 51.0]), benchmark="vatex")
    (t2v,) = found.tables
    assert t2v.name == "Text to video"
    assert [metric.label for metric in t2v.pairs[0].metrics] == [
        "R@1", "R@5", "R@10", "MdR", "Geometric mean",
    ]  # fmt: skip


def test_models_stand_in_the_order_of_the_results_and_sources_are_named_once():
    runs = [run for name in ("a", "b", "c") for run in evaluations_of(name, [40.0, 41.0])]
    found = beside({"c": "CE", "a": "CE (features-v2)", "b": "TT-CE"}, *runs)
    assert [pair.model.model for pair in found.tables[0].pairs] == ["a", "b", "c"]
    assert [source.features.split()[0] for source in found.sources] == ["features-v2;", "HQ"]


def test_models_without_a_published_row_are_left_out():
    runs = [*evaluations_of("a", [40.0]), *evaluations_of("b", [41.0])]
    assert [len(table.pairs) for table in beside({"b": "CE"}, *runs).tables] == [1, 1]


@pytest.mark.parametrize(
    ("published", "words"),
    [
        (SplitSize(videos=2990, queries=59_794), "59,800 text queries and 2,990 videos, the pub"),
        (SplitSize(videos=2990, queries=59_794), "one 59,794 and 2,990: the numbers cannot be"),
        (SplitSize(videos=2990, queries=59_800), "as many as the published one."),
        (None, "is not known here."),
    ],
)
def test_another_test_split_is_said_plainly(published, words):
    assert words in compare_splits(SplitSize(videos=2990, queries=59_800), published)


def test_a_split_of_another_size_differs_and_one_of_unknown_size_may_not():
    assert beside({"a": "CE"}, *evaluations_of("a", [40.0])).differs
    assert not beside({"a": README}, *evaluations_of("a", [40.0]), benchmark="vatex").differs


def test_each_pair_has_a_filled_and_a_hollow_dot_for_each_drawn_metric():
    runs = [*evaluations_of("a", [40.0, 41.0]), *evaluations_of("b", [41.0, 43.0])]
    plot = beside({"a": "CE", "b": "TT-CE"}, *runs).tables[0].plot
    for model in summarize_models(runs):
        signs = re.findall(rf'<use [^>]*style="([^"]*stroke: {model.color})"', plot)
        assert sum("fill-opacity: 0" in sign for sign in signs) == 4
        assert len(signs) == 2 * 4 * 3  # a dot and both ends of its bar
    for place in ("R@1", "R@5", "R@10", "Geometric mean"):
        assert f">{place}</text>" in plot
