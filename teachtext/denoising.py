"""Finding captions that the teachers cannot match to their video. Arrays in, decisions out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from teachtext.dataset import Caption
from teachtext.metrics import text_to_video_ranks


@dataclass(frozen=True)
class Verdict:
    """What becomes of one caption.

    Attributes:
        caption: which.
        rank: of its video among all training videos, 0 is best.
        kept: whether training uses it.
        reason: why, in words.
    """

    caption: Caption
    rank: float
    kept: bool
    reason: str


def judge_captions(
    sims_QG: NDArray[np.float32],
    captions: Sequence[Caption],
    video_of_caption: NDArray[np.int64],
    *,
    keep_rank_below: float,
) -> list[Verdict]:
    """Keep captions whose own video ranks below a threshold, and of every video at least one.

    Args:
        sims_QG: the teachers' mean similarities of training captions and training videos.
        captions: of the rows.
        video_of_caption: (captions,) column of each caption's own video.
        keep_rank_below: a caption ranked here or worse is suspect.
    """
    ranks = text_to_video_ranks(sims_QG, video_of_caption)
    order = np.lexsort((np.arange(len(ranks)), ranks, video_of_caption))
    is_best = np.zeros(len(ranks), dtype=bool)
    is_best[order[np.unique(video_of_caption[order], return_index=True)[1]]] = True
    return [
        Verdict(caption, float(rank), *_decide(rank, best, keep_rank_below))
        for caption, rank, best in zip(captions, ranks, is_best, strict=True)
    ]


def _decide(rank: float, best_of_video: bool, keep_rank_below: float) -> tuple[bool, str]:
    if rank < keep_rank_below:
        return True, f"its video is among the first {keep_rank_below:g}"
    if best_of_video:
        return True, "the video's best caption"
    return False, f"its video is not among the first {keep_rank_below:g}"


def verdict_table(verdicts: Sequence[Verdict]) -> pa.Table:
    """The verdicts as an Arrow table."""
    return pa.table(
        {
            "caption_id": [verdict.caption.caption_id for verdict in verdicts],
            "video_id": [verdict.caption.video_id for verdict in verdicts],
            "caption": [verdict.caption.caption for verdict in verdicts],
            "rank": [verdict.rank for verdict in verdicts],
            "kept": [verdict.kept for verdict in verdicts],
            "reason": [verdict.reason for verdict in verdicts],
        }
    )


def kept_captions(table: pa.Table) -> set[str]:
    """Ids of the captions that a table of verdicts keeps."""
    return set(table.filter(table.column("kept")).column("caption_id").to_pylist())
