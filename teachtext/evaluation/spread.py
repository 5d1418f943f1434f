"""Means over seeds, and how far seeds differ. Standard library only."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Spread:
    """Mean over seeds and sample standard deviation, which one seed does not have."""

    mean: float
    std: float | None


def spread(values: Sequence[float]) -> Spread:
    """Mean and sample standard deviation (ddof 1).

    >>> spread([1.0, 3.0])
    Spread(mean=2.0, std=1.4142135623730951)
    >>> spread([5.0])
    Spread(mean=5.0, std=None)
    """
    return Spread(statistics.fmean(values), statistics.stdev(values) if len(values) > 1 else None)
