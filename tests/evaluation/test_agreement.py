import numpy as np
import pytest

from teachtext.evaluation.agreement import rank_correlation, top_overlap


@pytest.mark.parametrize(
    ("one", "other", "correlation"),
    [
        ([1, 2, 3, 4], [10, 20, 30, 900], 1.0),  # the order alone counts
        ([1, 2, 3, 4], [4, 3, 2, 1], -1.0),
        ([1, 2, 3, 4], [2, 1, 3, 4], 0.8),  # 1 - 6 * (1 + 1) / (4 * 15)
        ([1, 2, 2, 3], [1, 2, 2, 3], 1.0),  # ties share their mean rank
        ([1, 2, 3, 4], [5, 5, 5, 5], 0.0),
    ],
)
def test_rank_correlation_by_hand(one, other, correlation):
    found = rank_correlation(np.array([one], float), np.array([other], float))
    assert found == pytest.approx(correlation)


def test_captions_are_ranked_one_by_one_and_count_alike():
    one, other = np.array([[1.0, 2], [1, 2]]), np.array([[1.0, 2], [200, 100]])
    assert rank_correlation(one, other) == 0


@pytest.mark.parametrize(
    ("one", "other", "overlap"),
    [
        ([[1, 2]], [[2, 1]], 100),  # whatever their order
        ([[1, 2], [3, 4]], [[1, 9], [8, 9]], 25),
        ([[]], [[]], 0),
    ],
)
def test_overlap_by_hand(one, other, overlap):
    assert top_overlap(np.array(one), np.array(other)) == overlap
