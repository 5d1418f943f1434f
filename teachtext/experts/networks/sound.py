"""Parts of a sound: cut where it is quiet, padded where it ends. NumPy only."""

# Shape suffixes: S = samples.
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from teachtext.video.media import SAMPLE_RATE

LOUDNESS_SECONDS = 0.1
"""Shorter than the pause between two sentences, longer than one within a word."""


def padded(samples_S: NDArray[np.float32], begin: int, end: int) -> NDArray[np.float32]:
    """(end - begin,) copied samples from ``begin``, which may be negative; zeros outside."""
    inside = samples_S[max(begin, 0) : end]
    before = max(-begin, 0)
    return np.pad(inside, (before, end - begin - before - len(inside)))


def quiet_pieces(
    samples_S: NDArray[np.float32], *, max_seconds: float, search_seconds: float
) -> Iterator[tuple[float, NDArray[np.float32]]]:
    """Cut long sound where it is quietest, so that no word is cut in two.

    Args:
        samples_S: (S,) Sound at ``SAMPLE_RATE``.
        max_seconds: Maximum length of a piece in seconds.
        search_seconds: Length in seconds of the stretch before that limit in which the cut is
            looked for.

    Yields:
        When a piece begins, in seconds, and its samples.
    """
    longest, search = round(max_seconds * SAMPLE_RATE), round(search_seconds * SAMPLE_RATE)
    begin = 0
    while len(samples_S) - begin > longest:
        first = begin + longest - search
        cut = first + _quietest(samples_S[first : begin + longest])
        yield begin / SAMPLE_RATE, samples_S[begin:cut]
        begin = cut
    yield begin / SAMPLE_RATE, samples_S[begin:]


def moment_loudness(samples_S: NDArray[np.float32]) -> NDArray[np.float32]:
    """Root mean square of each tenth of a second; what is left over at the end is left out."""
    span = round(LOUDNESS_SECONDS * SAMPLE_RATE)
    moments = samples_S[: len(samples_S) // span * span].reshape(-1, span)
    loudness: NDArray[np.float32] = np.sqrt(np.mean(np.square(moments), axis=1))
    return loudness


def _quietest(samples_S: NDArray[np.float32]) -> int:
    """Middle of the quietest tenth of a second."""
    span = round(LOUDNESS_SECONDS * SAMPLE_RATE)
    return int(moment_loudness(samples_S).argmin()) * span + span // 2
