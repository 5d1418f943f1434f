"""What a search finds. Plain records."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Clip:
    """A video of the gallery.

    Attributes:
        video_id: Unique ID of the video.
        split: Split of its captions; ``none`` if it has none.
        path: Video file; None, like both times, if only features are available.
        start_seconds: Start of the clip in the file, in seconds.
        end_seconds: End of the clip in the file, in seconds.
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
        clip: Clip that was found.
        score: Similarity to the query.
        summands: Contribution of each expert that counts to the score; they sum to it.
    """

    clip: Clip
    score: float
    summands: Mapping[str, float]


@dataclass(frozen=True)
class CaptionHit:
    """A caption that was found for a video.

    Attributes:
        caption_id: Unique ID of the caption.
        caption: Text of the caption.
        video_id: ID of the video that the caption was written for.
        score: Similarity to the video.
    """

    caption_id: str
    caption: str
    video_id: str
    score: float
