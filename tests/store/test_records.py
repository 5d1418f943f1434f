import numpy as np
import pytest

from teachtext.store.records import Features


@pytest.mark.parametrize(
    ("begin", "end", "rows"),
    [
        (0, 0.5, [0]),
        (0.4, 0.6, [0, 1]),
        (0.5, 1.0, [1]),
        (1.4, 9, [2]),
        (2, 3, []),
        (0, 2, [0, 1, 2]),
    ],
)
def test_rows_are_found_by_time(begin, end, rows):
    starts = np.array([0, 0.5, 1])
    features = Features(np.zeros((3, 1), np.float32), starts, starts + 0.5)
    assert features.during(begin, end).tolist() == rows


def test_rows_without_times_are_refused():
    with pytest.raises(ValueError, match="T start and end times"):
        Features(np.zeros((3, 1), np.float32), np.zeros(3), np.zeros(2))
