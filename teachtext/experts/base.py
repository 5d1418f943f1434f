"""What every expert is: a frozen network that turns one video's frames or sound into features."""

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from teachtext.video.media import Audio, Frames
from teachtext.weights import WeightsIdentity

Signal = Literal["frames", "audio"]
"""Which decoded signal an expert looks at."""


@dataclass(frozen=True)
class Recognised:
    """One piece of text that was read or heard.

    Attributes:
        text: the words.
        start_seconds: when it begins, from the start of the clip.
        end_seconds: when it ends.
        score: the recogniser's own confidence.
        box: corner points ((x, y), …) in the decoded frame's pixels; None for speech.
    """

    text: str
    start_seconds: float
    end_seconds: float
    score: float
    box: tuple[tuple[float, float], ...] | None = None


@dataclass(frozen=True)
class Features:
    """Output of one expert for one video.

    Attributes:
        features_TD: (T, D) float32; T = 0 when the network found nothing (no speech, no text).
        start_seconds_T: (T,) when the signal behind each row begins.
        end_seconds_T: (T,) when it ends.
        recognised: the text behind the rows, for experts that read or listen.
    """

    features_TD: NDArray[np.float32]
    start_seconds_T: NDArray[np.float64]
    end_seconds_T: NDArray[np.float64]
    recognised: tuple[Recognised, ...] = ()

    def __post_init__(self) -> None:
        rows = {len(self.features_TD), len(self.start_seconds_T), len(self.end_seconds_T)}
        if self.features_TD.ndim != 2 or len(rows) != 1:
            raise ValueError(
                f"Features must be (T, D) with T start and end times, got "
                f"{self.features_TD.shape}, {len(self.start_seconds_T)}, {len(self.end_seconds_T)}."
            )


class FrameExpert(Protocol):
    """An expert that looks at frames."""

    dim: int
    weights: WeightsIdentity

    def extract(self, frames: Frames) -> Features:
        """Features of one video's frames."""


class AudioExpert(Protocol):
    """An expert that listens."""

    dim: int
    weights: WeightsIdentity

    def extract(self, audio: Audio) -> Features:
        """Features of one video's sound."""
