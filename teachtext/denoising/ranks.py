"""Where teachers place each caption's own video among all videos. Similarities in, arrays out.

Shape suffixes: Q queries (captions), G gallery (videos). Row = caption, column = video.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from teachtext.evaluation.metrics import text_to_video_ranks, without_own

SimilarityBlocks = Iterable[NDArray[np.float32]]
"""Similarities of all captions and all videos, some captions at a time."""


@dataclass(frozen=True)
class Placement:
    """Where each caption's own video stands among all videos.

    Attributes:
        ranks: (captions,) Rank of the own video; 0 is best, ties share their mean rank.
        own: (captions,) Similarity of the own video.
        margins: (captions,) Similarity of the own video minus that of the best other video.
        first: (captions,) Column of the most similar video; if the own video ties, that of the
            other one.
        highest: (captions,) Similarity of the most similar video.
    """

    ranks: NDArray[np.float64]
    own: NDArray[np.float64]
    margins: NDArray[np.float64]
    first: NDArray[np.int64]
    highest: NDArray[np.float64]

    def order(self) -> NDArray[np.int64]:
        """(captions,) Captions from best to worst: by rank, then margin, then their own order.

        Most ranks are 0 where teachers have seen the captions, so margins decide among those.
        """
        return np.lexsort((-self.margins, self.ranks))


def mean_blocks(opinions: Sequence[SimilarityBlocks]) -> Iterator[NDArray[np.float32]]:
    """The mean of several opinions, block by block.

    Args:
        opinions: Similarities of the same captions and videos from several sources, in blocks of
            the same rows.
    """
    for blocks in zip(*opinions, strict=True):
        yield np.mean(blocks, axis=0)


def aggregate_blocks(
    teachers: Sequence[SimilarityBlocks], how: str | Sequence[float]
) -> Iterator[NDArray[np.float32]]:
    """One opinion from those of all teachers, block by block, as students learn from it.

    Args:
        teachers: For each teacher, similarities of the captions and all videos, in blocks of the
            same rows. Memory stays at one block per teacher.
        how: Aggregation, as for ``teachtext.training.losses.aggregate``.
    """
    import torch  # takes seconds, and those who only read placements need none

    from teachtext.training.losses import aggregate

    for blocks in zip(*teachers, strict=True):
        aggregated: NDArray[np.float32] = aggregate(torch.from_numpy(np.stack(blocks)), how).numpy()
        yield aggregated


def place_captions(blocks: SimilarityBlocks, video_of_caption: NDArray[np.int64]) -> Placement:
    """Find each caption's own video among all videos.

    Args:
        blocks: (rows, videos) Similarities of the captions, in their order.
        video_of_caption: (captions,) Column of each caption's own video.
    """
    parts: list[Placement] = []
    done = 0
    for sims_QG in blocks:
        parts.append(_place(sims_QG, video_of_caption[done : done + len(sims_QG)]))
        done += len(sims_QG)
    names = [field.name for field in fields(Placement)]
    return Placement(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def _place(sims_QG: NDArray[np.floating], video_Q: NDArray[np.int64]) -> Placement:
    rows = np.arange(len(sims_QG))
    own = sims_QG[rows, video_Q].astype(np.float64)
    others_QG = without_own(sims_QG, video_Q)
    rival = others_QG.argmax(axis=1)
    best_other = others_QG[rows, rival].astype(np.float64)
    first = np.where(own > best_other, video_Q, rival)
    ranks = text_to_video_ranks(sims_QG, video_Q)
    return Placement(ranks, own, own - best_other, first, np.maximum(own, best_other))
