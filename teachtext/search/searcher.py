"""Asking a model's index: words, videos like another, captions of a video.

At query time there are the student's text encoder, its caption tower and inner products; teachers
are nowhere.
"""

# Shape suffixes: E = widths of all experts together, M = experts, G = gallery, C = captions.
import logging
import time
from collections.abc import Mapping
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray

from teachtext.config.text import TextEncoderSettings
from teachtext.errors import DatasetError
from teachtext.models.base import RetrievalModel
from teachtext.models.checkpoint import ModelCard
from teachtext.models.similarity import CaptionEmbeddings, VideoEmbeddings
from teachtext.search.hits import CaptionHit, Clip, Hit
from teachtext.search.inverted import InvertedIndex
from teachtext.search.parts import (
    LEAST,
    FlatIndex,
    PartIndex,
    Query,
    queries_of,
    search_parts,
)
from teachtext.search.queries import embed_queries, load_query_encoder
from teachtext.store.search_index import GalleryPart, SearchIndex
from teachtext.text.encoders.registry import TextEncoder

log = logging.getLogger(__name__)

_BLOCK_BYTES = 64 << 20
"""Of a mapped array that is compared with a video at once."""


class Searcher:
    """A model and its index.

    Attributes:
        model: Name of the model in config.yaml.
        seed: Training seed of the model.
        experts: Names of the experts, in the order of the mixture weights.
        clips: All clips of the gallery by video ID.
    """

    def __init__(
        self,
        model: RetrievalModel,
        card: ModelCard,
        index: SearchIndex,
        clips: list[Clip],
    ) -> None:
        """Search in an index.

        Args:
            model: Model that the index was built with.
            card: Card of the model.
            index: Open index.
            clips: Clips of the gallery, in the order of its rows.
        """
        self.model, self.seed = card.model, card.seed
        self.experts = tuple(index.facts.widths)
        self.clips: Mapping[str, Clip] = {clip.video_id: clip for clip in clips}
        self._model, self._card, self._index, self._clips = model, card, index, clips
        self._facts, self._videos_GE = index.facts, index.videos_GE

    def search(
        self, query: str, *, top: int = 10, split: str | None = None, contains: str = ""
    ) -> list[Hit]:
        """The videos most similar to a text query, best first.

        Args:
            query: Text of the query.
            top: Maximum number of videos returned.
            split: Split that the videos must belong to; None for all splits.
            contains: Text that the video IDs must contain.

        Raises:
            ConfigError: The text encoder cannot be loaded, or there is none.
            StoreError: The weights are not those that the model was trained with.
        """
        encoder = self._encoder  # is loaded once
        begin = time.perf_counter()
        caption = embed_queries(self._model, encoder, [query])
        vectors_1E, weights_1M = queries_of(caption)
        asked = Query(vectors_1E[0], weights_1M[0])
        encoded = time.perf_counter()
        allowed = self._allowed(split, contains)
        scores, rows = search_parts(asked, self._parts, top, allowed)
        hits = [
            Hit(self._clips[row], float(score), self._named(summands_M, self._counted_GM[row]))
            for score, row, summands_M in zip(
                scores, rows, self._summands(caption, rows), strict=True
            )
        ]
        searched = time.perf_counter()
        log.info(
            "%.1f ms for the words, %.1f ms for %d videos",
            1000 * (encoded - begin),
            1000 * (searched - encoded),
            len(self._clips),
        )
        return hits

    def similar(self, video_id: str, *, top: int = 10, split: str | None = None) -> list[Hit]:
        """The videos most similar to another, by mean cosine over the experts that both have.

        Args:
            video_id: ID of the query video, which is left out of the results.
            top: Maximum number of videos returned.
            split: Split that the videos must belong to; None for all splits.

        Raises:
            DatasetError: There is no such video.
        """
        own = self._row(video_id)
        both_GM = self._counted_GM & self._counted_GM[own]
        cosines_GM = np.stack(
            [
                self._products(self._videos_GE[:, part], self._videos_GE[own, part])
                for part in self._slices
            ],
            axis=1,
        )
        summands_GM = np.where(both_GM, cosines_GM, 0) / np.maximum(both_GM.sum(1), 1)[:, None]
        scores_G = np.where(both_GM.any(axis=1), summands_GM.sum(axis=1), LEAST)
        allowed = self._allowed(split, "")
        others = np.flatnonzero(
            (np.arange(len(self._clips)) != own) & (True if allowed is None else allowed)
        )
        best = others[np.argsort(-scores_G[others], kind="stable")[:top]]
        return [
            Hit(self._clips[row], float(scores_G[row]), self._named(summands_GM[row], both_GM[row]))
            for row in best
        ]

    def captions_of(self, video_id: str, *, top: int = 10) -> list[CaptionHit]:
        """The captions of the whole corpus most similar to a video, best first.

        Args:
            video_id: ID of the video.
            top: Maximum number of captions returned.

        Raises:
            DatasetError: There is no such video.
        """
        own = self._row(video_id)
        counted_M = self._counted_GM[own]
        if not counted_M.any():
            return []
        products_C = self._products(self._index.captions_CE, self._videos_GE[own])
        scores_C = products_C / (self._index.weights_CM @ counted_M.astype(np.float32))
        best = np.argsort(-scores_C, kind="stable")[:top]
        texts = self._index.texts.take(best).to_pylist()
        return [
            CaptionHit(**text, score=float(score))
            for text, score in zip(texts, scores_C[best], strict=True)
        ]

    @cached_property
    def _encoder(self) -> TextEncoder:
        entry = self._facts.text_encoder
        return load_query_encoder(
            None if entry is None else TextEncoderSettings.model_validate(entry),
            name=self._card.text_encoder,
            weights=self._card.text_weights,
        )

    @cached_property
    def _parts(self) -> list[tuple[GalleryPart, PartIndex]]:
        return [(part, self._open(number, part)) for number, part in enumerate(self._facts.parts)]

    def _open(self, number: int, part: GalleryPart) -> PartIndex:
        videos_GE = self._videos_GE[part.first : part.end]
        if part.probes is None:
            return FlatIndex(videos_GE)
        return InvertedIndex(self._index.inverted[number], videos_GE, probes=part.probes)

    @cached_property
    def _counted_GM(self) -> NDArray[np.bool_]:
        parts = self._facts.parts
        patterns = np.array([part.counted_M for part in parts], bool)
        return np.repeat(patterns, [len(part) for part in parts], axis=0)

    @cached_property
    def _slices(self) -> list[slice]:
        ends = np.cumsum([*self._facts.widths.values()]).tolist()
        return [slice(first, end) for first, end in zip([0, *ends[:-1]], ends, strict=True)]

    @cached_property
    def _row_of(self) -> dict[str, int]:
        return {video: row for row, video in enumerate(self.clips)}

    def _row(self, video_id: str) -> int:
        if video_id not in self._row_of:
            raise DatasetError(f"There is no video {video_id!r} in the index of {self.model}.")
        return self._row_of[video_id]

    def _allowed(self, split: str | None, contains: str) -> NDArray[np.bool_] | None:
        """(G,) which videos may be found; None: all."""
        if split is None and not contains:
            return None
        return np.array(
            [split in (None, clip.split) and contains in clip.video_id for clip in self._clips]
        )

    def _products(
        self, rows: NDArray[np.floating], vector: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Inner products of mapped rows, some at a time, in single precision."""
        step = max(1, _BLOCK_BYTES // (4 * rows.shape[1]))
        blocks = range(0, len(rows), step)
        parts = [rows[begin : begin + step].astype(np.float32) @ vector for begin in blocks]
        return np.concatenate([np.empty(0, np.float32), *parts])

    @torch.inference_mode()
    def _summands(
        self, caption: CaptionEmbeddings, rows_K: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """(K, M) what each expert adds to the similarity of each video."""
        count = len(rows_K)
        videos_KE = torch.from_numpy(self._videos_GE[rows_K])
        videos = VideoEmbeddings(
            [videos_KE[:, part] for part in self._slices],
            torch.from_numpy(self._counted_GM[rows_K]),
        )
        repeated = CaptionEmbeddings(
            [part.expand(count, -1) for part in caption.by_expert],
            caption.weights_QM.expand(count, -1),
        )
        summands_KM: NDArray[np.float32] = self._model.contributions(repeated, videos).numpy()
        return summands_KM

    def _named(
        self, summands_M: NDArray[np.floating], counted_M: NDArray[np.bool_]
    ) -> dict[str, float]:
        return {
            name: float(summand)
            for name, summand, counts in zip(self.experts, summands_M, counted_M, strict=True)
            if counts
        }
