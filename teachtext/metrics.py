"""Retrieval metrics. NumPy in, floats out; no torch, no files.

Conventions (teachtext-CE evaluation): ranks count from 0 and ties share their mean rank, so a rank
may be fractional and a tie at the top is no hit at 1. Rows are captions, columns are videos.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

RECALL_AT = (1, 5, 10, 50)


def match_ranks(similarities_QG: NDArray[Any], match_Q: NDArray[Any]) -> NDArray[np.float64]:
    """Rank of each query's own item: 0 is best, ties share their mean rank.

    Args:
        similarities_QG: (queries, gallery) scores, higher is more similar.
        match_Q: (queries,) gallery index of each query's own item.
    """
    own = similarities_QG[np.arange(len(match_Q)), match_Q][:, None]
    return ranks_of(similarities_QG, own)[:, 0]


def ranks_of(similarities_QG: NDArray[Any], scores_QN: NDArray[Any]) -> NDArray[np.float64]:
    """Rank among a row of ``similarities`` of scores that are in that row, by counting.

    Args:
        similarities_QG: (queries, gallery) scores.
        scores_QN: (queries, N) scores, each one an entry of its row.
    """
    better = (similarities_QG[:, None, :] > scores_QN[:, :, None]).sum(axis=2)
    tied = (similarities_QG[:, None, :] == scores_QN[:, :, None]).sum(axis=2) - 1
    ranks: NDArray[np.float64] = better + tied / 2
    return ranks


def text_to_video_ranks(
    similarities_QG: NDArray[Any], video_Q: NDArray[Any]
) -> NDArray[np.float64]:
    """(Q,) rank of each caption's video among all videos.

    Args:
        similarities_QG: (captions, videos).
        video_Q: (captions,) column of each caption's own video.
    """
    return match_ranks(similarities_QG, video_Q)


def video_to_text_ranks(
    similarities_QG: NDArray[Any], video_Q: NDArray[Any]
) -> NDArray[np.float64]:
    """(G,) best rank of a video's own captions among all captions; NaN-free, needs one each.

    Each own caption is ranked among all captions, its siblings included; the best one counts.

    Args:
        similarities_QG: (captions, videos).
        video_Q: (captions,) column of each caption's own video; every column occurs.
    """
    ranks = np.empty(similarities_QG.shape[1])
    for video, column in enumerate(similarities_QG.T):
        own = column[video_Q == video]
        if not len(own):
            raise ValueError(f"Video {video} has no caption to be found by.")
        ranks[video] = ranks_of(column[None], own[None]).min()
    return ranks


def recall_at(k: int, ranks: NDArray[Any]) -> float:
    """Percentage of queries whose own item is among the first k.

    As in the authors' code, a tie for the first place (rank 0.5) is no hit at 1.
    """
    hits = ranks == 0 if k == 1 else ranks < k
    return 100.0 * float(np.mean(hits))


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


def summarize(ranks: NDArray[Any], *, gallery: int) -> dict[str, float]:
    """All metrics of one direction.

    Args:
        ranks: (queries,) as from ``text_to_video_ranks``.
        gallery: size of the set that was searched, recorded beside the metrics.
    """
    recalls = {f"R@{k}": recall_at(k, ranks) for k in RECALL_AT}
    return recalls | {
        "MdR": median_rank(ranks),
        "MnR": mean_rank(ranks),
        "geometric_mean": geometric_mean(ranks),
        "queries": float(len(ranks)),
        "gallery": float(gallery),
    }
