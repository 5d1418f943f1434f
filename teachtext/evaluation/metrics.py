"""Retrieval metrics. NumPy in, floats out; no torch, no files.

Conventions (teachtext-CE evaluation): ranks count from 0 and ties share their mean rank, so a rank
may be fractional and a tie at the top is no hit at 1. Rows are captions, columns are videos.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

RECALL_AT = (1, 5, 10, 50)
METRICS = ("R@1", "R@5", "R@10", "R@50", "MdR", "MnR", "geometric_mean")
_BLOCK = 128
"""Rows that are compared at once, so that what a comparison makes stays in the cache."""


def text_to_video_ranks(
    similarities_QG: NDArray[Any], video_Q: NDArray[Any]
) -> NDArray[np.float64]:
    """(Q,) Rank of each caption's video among all videos.

    Args:
        similarities_QG: (captions, videos) Similarities; higher is more similar.
        video_Q: (captions,) Column of each caption's own video.
    """
    ranks = np.empty(len(video_Q))
    for rows, block in _row_blocks(similarities_QG):
        own = block[np.arange(len(block)), video_Q[rows]][:, None]
        better, equal = _count_columns(block > own), _count_columns(block == own)
        ranks[rows] = better + (equal - 1) / 2
    return ranks


def video_to_text_ranks(
    similarities_QG: NDArray[Any], video_Q: NDArray[Any]
) -> NDArray[np.float64]:
    """(G,) Best rank of a video's own captions among all captions.

    Each own caption is ranked among all captions, its siblings included; the best one counts.

    Args:
        similarities_QG: (captions, videos) Similarities; higher is more similar.
        video_Q: (captions,) Column of each caption's own video; every column occurs.

    Raises:
        ValueError: A column does not occur.
    """
    own_Q = similarities_QG[np.arange(len(video_Q)), video_Q]
    best_G = best_of_videos(own_Q, video_Q, videos=similarities_QG.shape[1])
    return ranks_in_columns((block for _, block in _row_blocks(similarities_QG)), best_G)


def best_of_videos(own_Q: NDArray[Any], video_Q: NDArray[Any], *, videos: int) -> NDArray[Any]:
    """(G,) Similarity of each video and the best of its own captions.

    Args:
        own_Q: (captions,) Similarity of each caption and its own video.
        video_Q: (captions,) Column of each caption's own video.
        videos: Number of videos; each has a caption.

    Raises:
        ValueError: A video has no caption.
    """
    without = np.flatnonzero(np.bincount(video_Q, minlength=videos) == 0)
    if len(without):
        raise ValueError(f"Video {without[0]} has no caption to be found by.")
    order = np.argsort(video_Q, kind="stable")
    firsts = np.searchsorted(video_Q[order], np.arange(videos))
    best: NDArray[Any] = np.maximum.reduceat(own_Q[order], firsts)
    return best


def ranks_in_columns(blocks: Iterable[NDArray[Any]], scores_G: NDArray[Any]) -> NDArray[np.float64]:
    """(G,) Rank of one entry of each column within the column, counted in one pass over the rows.

    With each video's best own caption this is the video's rank: a more similar caption never ranks
    worse, so no other caption of the video has to be ranked.

    Args:
        blocks: Blocks of rows, each (rows, G).
        scores_G: (G,) Entry of each column that is ranked.
    """
    better = np.zeros(len(scores_G), dtype=np.int64)
    equal = np.zeros(len(scores_G), dtype=np.int64)
    for whole in blocks:
        for _, block in _row_blocks(whole):
            better += _count_rows(block > scores_G)
            equal += _count_rows(block == scores_G)
    ranks: NDArray[np.float64] = better + (equal - 1) / 2
    return ranks


def _count_columns(hits: NDArray[np.bool_]) -> NDArray[np.int64]:
    # row by row, because only without an axis NumPy counts many at once: twice as fast as a sum
    return np.array([np.count_nonzero(row) for row in hits], dtype=np.int64)


def _count_rows(hits: NDArray[np.bool_]) -> NDArray[np.uint8]:
    # in bytes, which a block of fewer than 256 rows cannot overflow: four times faster
    counts: NDArray[np.uint8] = np.add.reduce(hits.view(np.uint8), axis=0, dtype=np.uint8)
    return counts


def _row_blocks(similarities_QG: NDArray[Any]) -> Iterator[tuple[slice, NDArray[Any]]]:
    """The rows of a matrix, ``_BLOCK`` at a time."""
    for begin in range(0, len(similarities_QG), _BLOCK):
        rows = slice(begin, begin + _BLOCK)
        yield rows, similarities_QG[rows]


def recall_at(k: int, ranks: NDArray[Any]) -> float:
    """Percentage of queries whose own item is among the first k."""
    return 100.0 * float(np.mean(is_hit(k, ranks)))


def is_hit(k: int, ranks: NDArray[Any]) -> NDArray[np.bool_]:
    """(queries,) whether a query's own item is among the first k.

    As in the authors' code, a tie for the first place (rank 0.5) is no hit at 1.
    """
    hits: NDArray[np.bool_] = ranks == 0 if k == 1 else ranks < k
    return hits


def median_rank(ranks: NDArray[Any]) -> float:
    """Median rank, counted from 1."""
    return float(np.median(ranks)) + 1


def mean_rank(ranks: NDArray[Any]) -> float:
    """Mean rank, counted from 1."""
    return float(np.mean(ranks)) + 1


def geometric_mean(ranks: NDArray[Any]) -> float:
    """Geometric mean of R@1, R@5 and R@10: the number that selects the best epoch."""
    recalls = [recall_at(k, ranks) for k in (1, 5, 10)]
    return float(np.prod(recalls) ** (1 / 3))


def summarize_ranks(ranks: NDArray[Any], *, gallery: int) -> dict[str, float]:
    """All metrics of one direction.

    Args:
        ranks: (queries,) Ranks, as returned by ``text_to_video_ranks``.
        gallery: Size of the set that was searched, recorded beside the metrics.
    """
    recalls = {f"R@{k}": recall_at(k, ranks) for k in RECALL_AT}
    return recalls | {
        "MdR": median_rank(ranks),
        "MnR": mean_rank(ranks),
        "geometric_mean": geometric_mean(ranks),
        "queries": float(len(ranks)),
        "gallery": float(gallery),
    }


def without_own(sims_QG: NDArray[np.floating], video_Q: NDArray[np.int64]) -> NDArray[np.floating]:
    """(Q, G) a copy in which the similarity of each caption's own video is the least of all."""
    others_QG = sims_QG.copy()
    others_QG[np.arange(len(sims_QG)), video_Q] = -np.inf
    return others_QG
