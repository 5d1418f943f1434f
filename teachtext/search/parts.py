"""A gallery in parts of videos that the same experts count for: there, a search is one product.

The similarity of Collaborative Experts renormalises the mixture weights over the experts that a
video has (see ``mixture_similarity``). Among videos that have the same ones, what it is divided by
is the same, so the most similar are those with the largest inner product of

    (w_1(q) caption_1(q), ..., w_M(q) caption_M(q))  and  (video_1(g), ..., video_M(g)),

with zeros where experts do not count. Each part is searched for its best, and what was found is
divided and merged.
"""

# Shape suffixes: E = widths of all experts together, M = experts, G = gallery, K = found.
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import faiss
import numpy as np
from numpy.typing import NDArray

from teachtext.models.similarity import CaptionEmbeddings
from teachtext.store.search_index import GalleryPart

LEAST = -1.0
"""Similarity of a video that no expert counts for."""

RESCORED = 100
"""An approximate index is asked for at least so many, whose similarities are then computed."""


@dataclass(frozen=True)
class Query:
    """A caption embedded for the search.

    Attributes:
        vector_E: (E,) float32 Embeddings times their mixture weights, concatenated.
        weights_M: (M,) float32 Mixture weights.
    """

    vector_E: NDArray[np.float32]
    weights_M: NDArray[np.float32]


def queries_of(captions: CaptionEmbeddings) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(Q, E) vectors and (Q, M) mixture weights of captions, as ``Query`` has one of each."""
    weights_QM = captions.weights_QM.float().cpu().numpy()
    parts = [
        embedding.float().cpu().numpy() * weight_Q[:, None]
        for embedding, weight_Q in zip(captions.by_expert, weights_QM.T, strict=True)
    ]
    return np.concatenate(parts, axis=1), weights_QM


def parts_of(counted_GM: NDArray[np.bool_]) -> tuple[NDArray[np.int64], list[GalleryPart]]:
    """(G,) an order in which videos of a part follow each other, else as they were; the parts."""
    patterns, part_G = np.unique(counted_GM, axis=0, return_inverse=True)
    order_G = np.argsort(part_G, kind="stable")
    ends = np.cumsum(np.bincount(part_G, minlength=len(patterns))).tolist()
    firsts = [0, *ends[:-1]]
    return order_G, [
        GalleryPart(tuple(bool(counts) for counts in pattern), first, end)
        for pattern, first, end in zip(patterns, firsts, ends, strict=True)
    ]


class PartIndex(Protocol):
    """What finds the largest inner products in a part."""

    def search(
        self, vector_E: NDArray[np.float32], count: int, allowed: NDArray[np.bool_] | None
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """(K,) Largest inner products in descending order, and (K,) their rows in the part.

        Args:
            vector_E: (E,) Embedding of the query.
            count: Number of results, K; fewer if the part has fewer rows that are allowed.
            allowed: Mask of the rows of the part that may be found; None for all.
        """


class FlatIndex:
    """Every video is compared."""

    def __init__(self, videos_GE: NDArray[np.float32]) -> None:
        self._index = faiss.IndexFlatIP(videos_GE.shape[1])
        self._index.add(np.ascontiguousarray(videos_GE))

    def search(
        self, vector_E: NDArray[np.float32], count: int, allowed: NDArray[np.bool_] | None
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """See ``PartIndex``."""
        count = min(count, self._index.ntotal)
        parameters = None if allowed is None else faiss.SearchParameters(sel=selector(allowed))
        products_1K, rows_1K = self._index.search(vector_E[None], count, params=parameters)
        return found_of(products_1K[0], rows_1K[0])


def selector(allowed: NDArray[np.bool_]) -> faiss.IDSelectorBitmap:
    """Tells faiss which rows it may find."""
    return faiss.IDSelectorBitmap(np.packbits(allowed, bitorder="little"))


def found_of(
    products_K: NDArray[np.float32], rows_K: NDArray[np.int64]
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """What faiss found, without the rows -1 that it fills up with; of equals the first rows."""
    real = rows_K >= 0
    products_K, rows_K = products_K[real], rows_K[real]
    order_K = np.lexsort((rows_K, -products_K))
    return products_K[order_K], rows_K[order_K]


def search_parts(
    query: Query,
    parts: Sequence[tuple[GalleryPart, PartIndex]],
    count: int,
    allowed: NDArray[np.bool_] | None = None,
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """(K,) Highest similarities in descending order, and (K,) their rows in the gallery.

    Args:
        query: Embedded query.
        parts: Parts of the gallery, each with its index.
        count: Number of results, K; fewer if fewer videos are allowed.
        allowed: (G,) Mask of the videos that may be found; None for all.
    """
    found = [*_search_each(query, parts, count, allowed)]
    scores = np.concatenate([np.empty(0, np.float32), *(scores for scores, _ in found)])
    rows = np.concatenate([np.empty(0, np.int64), *(rows for _, rows in found)])
    best_K = np.lexsort((rows, -scores))[:count]
    return scores[best_K], rows[best_K]


def _search_each(
    query: Query,
    parts: Sequence[tuple[GalleryPart, PartIndex]],
    count: int,
    allowed: NDArray[np.bool_] | None,
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.int64]]]:
    for part, index in parts:
        inside = None if allowed is None else allowed[part.first : part.end]
        share = float(query.weights_M[np.array(part.counted_M)].sum())
        if inside is not None and not inside.any():
            continue
        if any(part.counted_M):
            products_K, rows_K = index.search(query.vector_E, count, inside)
            yield products_K / np.float32(share), part.first + rows_K
        else:
            rows_K = np.arange(len(part)) if inside is None else np.flatnonzero(inside)
            yield np.full(len(rows_K[:count]), LEAST, np.float32), part.first + rows_K[:count]
