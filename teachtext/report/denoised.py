"""The captions that teachers like least, with pictures of their video and of what ranked first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from teachtext.denoising.verdicts import VERDICT_COLUMNS
from teachtext.report.inputs import read_named_table
from teachtext.report.thumbnails import Thumbnail, make_thumbnails
from teachtext.video.manifest import VideoRecord

REVIEW_COLUMNS = [*VERDICT_COLUMNS, "seeds"]


@dataclass(frozen=True)
class CandidateVideo:
    """A video that a caption may belong to, and how similar they are."""

    video_id: str
    similarity: float
    thumbnail: Thumbnail


@dataclass(frozen=True)
class DoubtfulCaption:
    """One caption to review.

    Attributes:
        rank: Rank of the caption's own video, counted from 0; mean over seeds.
        own: Own video of the caption.
        first: Video that ranks first; None if that is the own video.
        first_caption: Caption of the first video.
        decision: Decision whether training uses the caption, in words.
        reason: Reason for the decision, and what to check.
    """

    caption_id: str
    caption: str
    rank: float
    own: CandidateVideo
    first: CandidateVideo | None
    first_caption: str
    decision: str
    reason: str


@dataclass(frozen=True)
class Review:
    """The worst captions of one set, worst first."""

    captions: str
    worst: tuple[DoubtfulCaption, ...]


def build_reviews(paths: Sequence[Path], videos: Mapping[str, VideoRecord]) -> list[Review]:
    """Read the captions to review and make thumbnails of their videos.

    Args:
        paths: Tables of review-captions, one for each caption set.
        videos: Record of each video; a video that is missing here gets no picture.
    """
    tables = [read_named_table(path, REVIEW_COLUMNS, key="captions") for path in paths]
    reviewed = [(captions, table.to_pylist()) for captions, table in tables]
    shown = {
        row[video]
        for _, rows in reviewed
        for row in rows
        for video in ("video_id", "first_video_id")
    }
    thumbnails = make_thumbnails(shown, videos)
    return [
        Review(captions, tuple(_doubtful(row, thumbnails) for row in rows))
        for captions, rows in reviewed
    ]


def _doubtful(row: Mapping[str, Any], thumbnails: Mapping[str, Thumbnail]) -> DoubtfulCaption:
    own, first = (
        CandidateVideo(
            row[f"{which}video_id"], row[similarity], thumbnails[row[f"{which}video_id"]]
        )
        for which, similarity in (("", "own_similarity"), ("first_", "first_similarity"))
    )
    return DoubtfulCaption(
        caption_id=row["caption_id"],
        caption=row["caption"],
        rank=row["rank"],
        own=own,
        first=None if first.video_id == own.video_id else first,
        first_caption=row["first_caption"],
        decision=describe_decision(row["kept"], row["seeds"]),
        reason=row["reason"],
    )


def describe_decision(kept: int, seeds: int) -> str:
    """What becomes of a caption.

    >>> describe_decision(0, 2), describe_decision(2, 2), describe_decision(1, 2)
    ('dropped', 'kept', 'kept by 1 of 2 seeds')
    """
    if 0 < kept < seeds:
        return f"kept by {kept} of {seeds} seeds"
    return "kept" if kept else "dropped"
