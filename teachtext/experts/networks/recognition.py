"""What experts that recognise share: frames one by one, pieces with their times. No networks."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from teachtext.store.records import Features, Recognised
from teachtext.text.encoders.registry import TextEncoder
from teachtext.video.media import Frames

BLOCK_FRAMES = 16
"""Frames in memory at once."""


def moments(frames: Frames, fps: float) -> Iterator[tuple[NDArray[np.uint8], float, float]]:
    """Each frame as (H, W, C), with start and end in seconds of the time that it stands for."""
    pixels = (frame_HWC for block in frames.blocks(BLOCK_FRAMES) for frame_HWC in block)
    times = frames.seconds_T.tolist(), frames.end_seconds(1 / fps).tolist()
    yield from zip(pixels, *times, strict=True)


def recognised_features(
    rows_TD: NDArray[np.float32],
    pieces: Sequence[Recognised],
    rows_of_piece: int | Sequence[int] = 1,
) -> Features:
    """Rows with the times of the pieces behind them.

    Args:
        rows_TD: (T, D) Rows in the order of their pieces.
        pieces: Text that was read or heard, or things that were seen.
        rows_of_piece: Number of rows of each piece.
    """
    starts = np.array([piece.start_seconds for piece in pieces], np.float64)
    ends = np.array([piece.end_seconds for piece in pieces], np.float64)
    repeats = np.array(rows_of_piece, np.int64)
    return Features(rows_TD, np.repeat(starts, repeats), np.repeat(ends, repeats), tuple(pieces))


def embed_recognised(pieces: Sequence[Recognised], text_encoder: TextEncoder) -> Features:
    """One row per token of each piece; a row carries the times of its piece. T = 0 for none."""
    tokens = text_encoder.encode([piece.text for piece in pieces]) if pieces else []
    rows_TD = np.concatenate([np.zeros((0, text_encoder.dim), np.float32), *tokens])
    return recognised_features(rows_TD, pieces, [len(vectors) for vectors in tokens])
