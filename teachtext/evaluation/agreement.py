"""How far two models rank alike. NumPy in, numbers out; no files.

Shape suffixes: S drawn captions and their videos, Q queries, K results kept of each.
"""

import numpy as np
from numpy.typing import NDArray


def rank_correlation(one_SS: NDArray[np.float64], other_SS: NDArray[np.float64]) -> float:
    """Spearman's correlation of each caption's similarities, mean over the captions.

    A caption that is equally similar to all videos counts 0.

    Args:
        one_SS: (captions, videos) Similarities of one model.
        other_SS: (captions, videos) Similarities of another model, for the same captions and
            videos.

    >>> rank_correlation(np.array([[1.0, 2.0, 3.0]]), np.array([[10.0, 20.0, 90.0]]))
    1.0
    """
    one, other = _centred_ranks(one_SS), _centred_ranks(other_SS)
    lengths = np.sqrt((one**2).sum(axis=1) * (other**2).sum(axis=1))
    products = (one * other).sum(axis=1)
    return float(np.mean(products / np.where(lengths > 0, lengths, 1.0)))


def top_overlap(one_QK: NDArray[np.int64], other_QK: NDArray[np.int64]) -> float:
    """Percentage of the best results of a model that are among those of another.

    Args:
        one_QK: (queries, K) Indices of the best results of one model.
        other_QK: (queries, K) Indices of the best results of another model, for the same queries.

    >>> top_overlap(np.array([[1, 2]]), np.array([[2, 3]]))
    50.0
    """
    if not one_QK.size:
        return 0.0
    return 100 * float((one_QK[:, :, None] == other_QK[:, None]).any(axis=2).mean())


def _centred_ranks(values_SS: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ties share their mean rank."""
    ranks = []
    for row in values_SS:
        below = (row[:, None] > row).sum(axis=1)
        level = (row[:, None] == row).sum(axis=1)
        ranks.append(below + level / 2)
    ranks_SS = np.array(ranks, np.float64)
    return np.asarray(ranks_SS - ranks_SS.mean(axis=1, keepdims=True))
