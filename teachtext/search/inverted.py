"""Approximate search in a large part: an inverted file of 8-bit vectors, then exact products.

Vectors are grouped around centroids, and a query looks into the groups nearest to it (Sivic and
Zisserman, 2003); so many groups that what it finds is what comparing all would find, as measured
on captions. All vectors of a part have the same length, so the largest inner product is the
smallest angle, which groups of unit vectors keep together.
"""

# Shape suffixes: E = widths of all experts together, G = gallery, Q = queries, K = found.
import logging
import math

import faiss
import numpy as np
from numpy.typing import NDArray

from teachtext.runtime.progress import Progress
from teachtext.search.parts import RESCORED, found_of, selector

log = logging.getLogger(__name__)

GROUPS_PER_ROOT = 2
"""Groups per square root of the videos: about as many centroids as vectors of a few groups."""

TRAINED_PER_GROUP = 64
"""Vectors per group that the centroids are found by."""

ALL_COMPARED = 10_000
"""Where a filter leaves so few videos, these are all compared."""

MEASURED_AT = 10
"""Recall counts the ten best."""

_ADDED_AT_ONCE = 65_536


class InvertedIndex:
    """Index of a part that searches some of its groups and compares their best rows exactly.

    Attributes:
        probes: Number of groups searched for each query.
    """

    def __init__(
        self, index: faiss.IndexIVF, videos_GE: NDArray[np.float32], *, probes: int
    ) -> None:
        self._index, self._videos_GE, self.probes = index, videos_GE, probes

    def search(
        self, vector_E: NDArray[np.float32], count: int, allowed: NDArray[np.bool_] | None
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """See ``PartIndex``."""
        rows_K = self._candidates(vector_E, count, allowed)
        products_K, rows_K = found_of(self._videos_GE[rows_K] @ vector_E, rows_K)
        return products_K[:count], rows_K[:count]

    def _candidates(
        self, vector_E: NDArray[np.float32], count: int, allowed: NDArray[np.bool_] | None
    ) -> NDArray[np.int64]:
        """Rows, rising, whose products are worth to be computed."""
        if allowed is not None and allowed.sum() <= ALL_COMPARED:
            # the groups near the query may hold none of them
            return np.flatnonzero(allowed)
        sel = None if allowed is None else selector(allowed)
        parameters = faiss.SearchParametersIVF(nprobe=self.probes, sel=sel)
        asked = min(max(count, RESCORED), self._index.ntotal)
        _, rows_1K = self._index.search(vector_E[None], asked, params=parameters)
        return np.sort(rows_1K[0][rows_1K[0] >= 0])


def build_inverted(videos_GE: NDArray[np.float32], *, seed: int) -> faiss.IndexIVF:
    """Group the videos of a part.

    Args:
        videos_GE: (G, E) Embeddings of the videos; may be memory-mapped, as blocks of them are read
            in turn.
        seed: Seed of the draw of the videos that the centroids are trained on.
    """
    count, width = videos_GE.shape
    groups = min(round(GROUPS_PER_ROOT * math.sqrt(count)), max(count // TRAINED_PER_GROUP, 1))
    index = faiss.IndexIVFScalarQuantizer(
        faiss.IndexFlatIP(width),
        width,
        groups,
        faiss.ScalarQuantizer.QT_8bit,
        faiss.METRIC_INNER_PRODUCT,
    )
    drawn = np.random.default_rng(seed).choice(
        count, min(count, groups * TRAINED_PER_GROUP), replace=False
    )
    log.info("finding %d groups among %d of %d videos", groups, len(drawn), count)
    index.cp.seed = seed
    index.train(videos_GE[np.sort(drawn)])
    blocks = (
        videos_GE[begin : begin + _ADDED_AT_ONCE] for begin in range(0, count, _ADDED_AT_ONCE)
    )
    for block in Progress(log, "index", count, unit="video").over(blocks, count=len):
        index.add(np.ascontiguousarray(block))
    return index


def choose_probes(
    index: faiss.IndexIVF,
    videos_GE: NDArray[np.float32],
    queries_QE: NDArray[np.float32],
    *,
    recall: float,
) -> tuple[int, float]:
    """Smallest number of groups that reaches a recall, and the recall reached.

    Args:
        index: Index returned by ``build_inverted``.
        videos_GE: (G, E) Embeddings of the indexed videos.
        queries_QE: (Q, E) Embeddings of the queries that recall is measured on.
        recall: Least recall of the ten best results, as a fraction; even with all groups it may
            fall short because of the 8-bit quantisation.
    """
    # in the mapped file: as an index of faiss it would be in memory
    _, exact_QK = faiss.knn(queries_QE, videos_GE, MEASURED_AT, metric=faiss.METRIC_INNER_PRODUCT)

    def reached(probes: int) -> float:
        asked = InvertedIndex(index, videos_GE, probes=probes)
        shares = [
            np.isin(best_K, asked.search(query_E, MEASURED_AT, None)[1]).mean()
            for best_K, query_E in zip(exact_QK, queries_QE, strict=True)
        ]
        return float(np.mean(shares))

    fewest, enough = 1, int(index.nlist)
    while fewest < enough:
        middle = (fewest + enough) // 2
        fewest, enough = (fewest, middle) if reached(middle) >= recall else (middle + 1, enough)
    return enough, reached(enough)
