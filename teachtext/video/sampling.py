"""Which moments of a video are looked at. Numbers only."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

SAME_MOMENT_SECONDS = 1e-6


def sample_times(duration_seconds: float, fps: float) -> NDArray[np.float64]:
    """(T,) moments 0, 1/fps, 2/fps, … before the end; at least the first, whatever the length."""
    count = max(1, int(np.ceil(duration_seconds * fps - SAME_MOMENT_SECONDS)))
    return np.arange(count) / fps


def union_times(duration_seconds: float, rates: Iterable[float]) -> NDArray[np.float64]:
    """(T,) sorted moments that any of the rates asks for, each once."""
    every = [sample_times(duration_seconds, fps) for fps in rates]
    times = np.sort(np.concatenate(every)) if every else np.empty(0)
    new = np.diff(times, prepend=-1.0) > SAME_MOMENT_SECONDS
    return times[new]


def indices_among(times_T: NDArray[np.float64], wanted: NDArray[np.float64]) -> NDArray[np.int64]:
    """Indices of the wanted moments among sorted ``times_T``; moments that are not there are left.

    A video that breaks off has fewer frames than were asked for.
    """
    if not len(times_T):
        return np.empty(0, np.int64)
    nearest: NDArray[np.int64] = np.abs(times_T[None] - wanted[:, None]).argmin(axis=1)
    return nearest[np.abs(times_T[nearest] - wanted) <= SAME_MOMENT_SECONDS]
