"""What a search finds. Plain records."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Clip:
    """A video of the gallery.

    Attributes:
        video_id: unique.
        split: of its captions; empty where it has none.
        path: its file; None where there are features alone, as for the times.
        start_seconds: where the clip begins in the file.
        end_seconds: where it ends.
    """

    video_id: str
    split: str
    path: str | None
    start_seconds: float | None
    end_seconds: float | None


@dataclass(frozen=True)
class Hit:
    """A video that was found.

    Attributes:
        clip: which.
        score: similarity.
        summands: expert -> its part of the score, which they sum to; of experts that count.
    """

    clip: Clip
    score: float
    summands: Mapping[str, float]


@dataclass(frozen=True)
class CaptionHit:
    """A caption that was found for a video.

    Attributes:
        caption_id: unique.
        caption: its words.
        video_id: of the video that it was written for.
        score: similarity.
    """

    caption_id: str
    caption: str
    video_id: str
    score: float
