"""What stores hold: of a video the rows with times, and the text behind them. NumPy only."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SCORE = "val_t2v_geometric_mean"
"""The column of a history by which models are compared on val."""


@dataclass(frozen=True)
class Recognised:
    """One piece of text that was read or heard.

    Attributes:
        text: Recognised words.
        start_seconds: Start time in seconds from the start of the clip.
        end_seconds: End time in seconds from the start of the clip.
        score: Confidence reported by the recogniser.
        box: Corner points ((x, y), …) in pixels of the decoded frame; None for speech.
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
        start_seconds_T: (T,) Start of the signal behind each row, in seconds from the start of the
            clip.
        end_seconds_T: (T,) End of the signal behind each row, in seconds from the start of the
            clip.
        recognised: Text behind the rows, for experts that recognise text or speech.
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

    def during(self, begin_seconds: float, end_seconds: float) -> NDArray[np.int64]:
        """Indices of the rows of which a part lies in that time.

        All experts count seconds from the start of the clip, whatever their stride, so rows of
        different experts that overlap tell of the same moment.
        """
        begins_before = self.start_seconds_T < end_seconds
        return np.flatnonzero(begins_before & (self.end_seconds_T > begin_seconds))
