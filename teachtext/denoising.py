"""Finding captions that the teachers cannot match to their video. Arrays in, decisions out."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from teachtext.dataset import Caption
from teachtext.evaluation.metrics import text_to_video_ranks


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


Blocks = Iterable[NDArray[np.float32]]
"""Similarities of all captions and all videos, some captions at a time."""


def mean_blocks(opinions: Sequence[Blocks]) -> Iterator[NDArray[np.float32]]:
    """The mean of several opinions, block by block.

    Args:
        opinions: of the same captions and videos, in blocks of the same rows.
    """
    for blocks in zip(*opinions, strict=True):
        yield np.mean(blocks, axis=0)


def mean_ranks(
    teachers: Sequence[Blocks], video_of_caption: NDArray[np.int64]
) -> NDArray[np.float64]:
    """(captions,) rank of each caption's own video by the teachers' mean similarities.

    Args:
        teachers: of each one its similarities of the captions and all videos, in blocks of rows;
            the blocks of all teachers have the same rows. Memory stays at one block a teacher.
        video_of_caption: (captions,) column of each caption's own video.
    """
    ranks: list[NDArray[np.float64]] = [np.empty(0)]
    done = 0
    for mean in mean_blocks(teachers):
        ranks.append(text_to_video_ranks(mean, video_of_caption[done : done + len(mean)]))
        done += len(mean)
    return np.concatenate(ranks)


def judge_captions(
    ranks: NDArray[np.float64],
    captions: Sequence[Caption],
    video_of_caption: NDArray[np.int64],
    *,
    keep_rank_below: float,
) -> list[Verdict]:
    """Keep captions whose own video ranks below a threshold, and of every video at least one.

    Args:
        ranks: (captions,) of each caption's own video among all training videos, 0 is best.
        captions: which.
        video_of_caption: (captions,) a number for each caption's own video.
        keep_rank_below: a caption ranked here or worse is suspect.
    """
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
