import pytest

from teachtext.errors import StoreError
from teachtext.pruning.pareto import pareto_table
from tests.support.report_inputs import evaluations_of

SECONDS = {"appearance": 0.5, "audio": 0.25, "ocr": 1.0}
LEVELS = {("appearance", "audio", "ocr"): 3, ("appearance", "audio"): 2, ("appearance",): 1}


def rows(full, less, least, seconds=SECONDS, **changes):
    """Means of two seeds at each level; parameters are millions of experts."""
    means = dict(zip(LEVELS, (full, less, least), strict=True))
    evaluations = [
        evaluation
        for experts, scores in means.items()
        for evaluation in evaluations_of(
            "lean", scores, experts=experts, parameters=LEVELS[experts], **changes
        )
    ]
    return evaluations, lambda *more: pareto_table([*evaluations, *more], seconds).to_pylist()


def test_a_table_by_hand():
    _, table = rows([49, 51], [48, 48], [10, 30])
    full, less, least = table()
    assert [row["level"] for row in (full, less, least)] == [0, 1, 2]
    assert [row["dropped"] for row in (full, less, least)] == [None, "ocr", "audio"]
    assert [row["seconds_per_video"] for row in (full, less, least)] == [1.75, 0.75, 0.5]
    assert less["experts"] == ["appearance", "audio"]
    assert (full["test_t2v_R@1_mean"], full["test_v2t_geometric_mean_mean"]) == (50, 50)
    assert full["test_t2v_geometric_mean_std"] == 2**0.5
    assert [row["parameters"] for row in (full, less, least)] == [3, 2, 1]
    assert [row["on_front"] for row in (full, less, least)] == [True, True, True]


def test_worse_and_dearer_is_not_on_the_front():
    _, table = rows([40, 40], [48, 48], [10, 30])
    assert [row["on_front"] for row in table()] == [False, True, True]


def test_with_teachers_comes_before_without():
    plain, _ = rows([40, 40], [30, 30], [20, 20])
    _, table = rows([50, 50], [29, 29], [25, 25], teachers=("teachtext/0",))
    found = table(*plain)
    assert [(row["distilled"], row["level"]) for row in found] == [
        *((True, level) for level in range(3)),
        *((False, level) for level in range(3)),
    ]
    assert [row["on_front"] for row in found] == [True, False, True, False, True, False]


def test_seconds_are_null_while_an_imported_expert_is_kept():
    _, table = rows([50, 50], [48, 48], [30, 30], seconds={**SECONDS, "audio": None})
    assert [row["seconds_per_video"] for row in table()] == [None, None, 0.5]


def test_one_seed_has_no_deviation():
    _, table = rows([50], [48], [30])
    assert {row["test_t2v_R@1_std"] for row in table()} == {None}


def test_evaluations_without_val_have_no_place_in_a_pruning():
    _, table = rows([50], [48], [30], val=None)
    with pytest.raises(StoreError, match=r"lean, seed 0, .* without val"):
        table()
