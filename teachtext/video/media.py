"""What decoding hands to experts: frames and sound with their times. No files, no decoders."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 16_000
"""Samples per second of all decoded sound, mono."""


class Pixels(Protocol):
    """(T, H, W, 3) RGB, uint8: an array, or frames that stay on disk until a slice is taken."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(T, H, W, 3)."""

    def __len__(self) -> int: ...

    def __getitem__(self, frames: slice, /) -> NDArray[np.uint8]: ...


@dataclass(frozen=True)
class Frames:
    """Frames of one video at the times an expert asked for.

    Attributes:
        pixels_THWC: (T, H, W, 3) RGB, uint8. A long video does not fit into memory: take slices, or
            use ``blocks``.
        seconds_T: (T,) Time of each frame in seconds from the start of the clip.
        duration_seconds: Length of the clip in seconds; the last row ends there at the latest.
    """

    pixels_THWC: Pixels
    seconds_T: NDArray[np.float64]
    duration_seconds: float

    def __post_init__(self) -> None:
        if len(self.pixels_THWC.shape) != 4 or self.pixels_THWC.shape[-1] != 3:
            raise ValueError(f"Frames must be (T, H, W, 3), got {self.pixels_THWC.shape}.")
        if len(self.pixels_THWC) != len(self.seconds_T):
            raise ValueError(f"{len(self.pixels_THWC)} frames, but {len(self.seconds_T)} times.")

    def __len__(self) -> int:
        return len(self.seconds_T)

    def blocks(self, size: int) -> Iterator[NDArray[np.uint8]]:
        """(<= size, H, W, 3) consecutive frames, so that only so many are in memory."""
        for begin in range(0, len(self), size):
            yield self.pixels_THWC[begin : begin + size]

    def end_seconds(self, hop_seconds: float) -> NDArray[np.float64]:
        """(T,) end of the interval that each frame stands for, at most the clip's end."""
        return np.minimum(self.seconds_T + hop_seconds, max(self.duration_seconds, 0.0))


@dataclass(frozen=True)
class Audio:
    """Sound of one video: (S,) mono float32 in [-1, 1] at ``SAMPLE_RATE``."""

    samples_S: NDArray[np.float32]

    @property
    def duration_seconds(self) -> float:
        """Length of the sound."""
        return len(self.samples_S) / SAMPLE_RATE
