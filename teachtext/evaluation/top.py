"""The best results of every query, kept while their scores come. NumPy in, Arrow columns out.

Shape suffixes: Q queries, G gallery, K results kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


@dataclass(frozen=True)
class TopResults:
    """The best results of every query.

    Attributes:
        indices_QK: (Q, K) Indices in the gallery, best first; of equal ones the lowest first.
        scores_QK: (Q, K) Scores of these results.
    """

    indices_QK: NDArray[np.int64]
    scores_QK: NDArray[np.float32]

    def merged(self, later: "TopResults", top: int) -> "TopResults":
        """The best of both; ``later`` is of a later part of the gallery."""
        return top_results(
            np.concatenate([self.scores_QK, later.scores_QK], axis=1),
            top,
            indices_QG=np.concatenate([self.indices_QK, later.indices_QK], axis=1),
        )

    def columns(self, gallery_ids: Sequence[str]) -> dict[str, pa.Array]:
        """A list of ids and a list of scores per query."""
        queries, kept = self.indices_QK.shape
        offsets = pa.array(np.arange(queries + 1, dtype=np.int32) * kept)
        ids = pa.array(gallery_ids, pa.string()).take(pa.array(self.indices_QK.ravel()))
        scores = pa.array(self.scores_QK.ravel().astype(np.float64))
        return {
            "top": pa.ListArray.from_arrays(offsets, ids),
            "top_similarities": pa.ListArray.from_arrays(offsets, scores),
        }


def top_results(
    scores_QG: NDArray[np.float32], top: int, *, indices_QG: NDArray[np.int64]
) -> TopResults:
    """The best results of some queries.

    Only entries that reach the K-th best score of their row are sorted.

    Args:
        scores_QG: (Q, G) Scores; higher is better.
        top: Number of results per query, K; all if there are fewer.
        indices_QG: (Q, G) or (1, G) Indices of the scored items, ascending in each row where scores
            are equal.
    """
    queries, gallery = scores_QG.shape
    kept = min(top, gallery)
    if not kept:
        return TopResults(np.empty((queries, 0), np.int64), scores_QG[:, :0])
    least = np.partition(scores_QG, gallery - kept, axis=1)[:, [gallery - kept]]
    rows, columns = np.nonzero(scores_QG >= least)
    order = np.lexsort((columns, -scores_QG[rows, columns], rows))
    first = np.searchsorted(rows, np.arange(queries))
    chosen = columns[order][first[:, None] + np.arange(kept)]
    return TopResults(
        np.take_along_axis(np.broadcast_to(indices_QG, scores_QG.shape), chosen, axis=1),
        np.take_along_axis(scores_QG, chosen, axis=1),
    )
