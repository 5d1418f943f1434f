"""Similarities of a model over a whole set, and what they say of it. Tensors inside, NumPy out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray

from teachtext.data import RetrievalSet
from teachtext.metrics import summarize, text_to_video_ranks, video_to_text_ranks
from teachtext.models.retrieval import RetrievalModel
from teachtext.models.similarity import VideoEmbeddings, mixture_similarity

VIDEO_BLOCK = 256
CAPTION_BLOCK = 256


@dataclass(frozen=True)
class Ranks:
    """Ranks of both directions, 0 is best.

    Attributes:
        t2v: (captions,) of each caption's video among the videos.
        v2t: (videos,) of each video's best caption among the captions.
    """

    t2v: NDArray[np.float64]
    v2t: NDArray[np.float64]

    def summary(self) -> dict[str, dict[str, float]]:
        """All metrics by direction."""
        return {
            "t2v": summarize(self.t2v, gallery=len(self.v2t)),
            "v2t": summarize(self.v2t, gallery=len(self.t2v)),
        }


@torch.inference_mode()
def encode_gallery(model: RetrievalModel, data: RetrievalSet) -> VideoEmbeddings:
    """Embed all videos of a set, block by block."""
    model.eval()
    blocks = [
        model.encode_videos(data.video_batch(np.arange(begin, end)))
        for begin, end in _blocks(len(data.video_ids), VIDEO_BLOCK)
    ]
    experts = zip(*(block.by_expert for block in blocks), strict=True)
    return VideoEmbeddings(
        [torch.cat(parts) for parts in experts],
        torch.cat([block.available_GM for block in blocks]),
    )


@torch.inference_mode()
def similarity_blocks(
    model: RetrievalModel, data: RetrievalSet
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
    """Similarities of all captions to all videos, one block of captions at a time.

    The videos are encoded once; memory stays at one block.

    Yields:
        (block,) caption indices and their (block, videos) similarities.
    """
    gallery = encode_gallery(model, data)
    for begin, end in _blocks(len(data.captions), CAPTION_BLOCK):
        indices = np.arange(begin, end)
        captions = model.encode_captions(data.caption_batch(indices))
        yield indices, mixture_similarity(captions, gallery).numpy()


def similarities(model: RetrievalModel, data: RetrievalSet) -> NDArray[np.float32]:
    """(captions, videos) the whole matrix."""
    return np.concatenate([block for _, block in similarity_blocks(model, data)])


def rank_both_ways(sims_QG: NDArray[np.float32], video_of_caption: NDArray[np.int64]) -> Ranks:
    """Ranks of a whole matrix in both directions."""
    return Ranks(
        text_to_video_ranks(sims_QG, video_of_caption),
        video_to_text_ranks(sims_QG, video_of_caption),
    )


def _blocks(count: int, size: int) -> Iterator[tuple[int, int]]:
    for begin in range(0, count, size):
        yield begin, min(count, begin + size)


@dataclass(frozen=True)
class Evaluation:
    """A model's results on one split.

    Attributes:
        metrics: by direction.
        ranks: one row per query of each direction, with the best results.
    """

    metrics: dict[str, dict[str, float]]
    ranks: pa.Table


def evaluate(model: RetrievalModel, data: RetrievalSet, *, top: int) -> Evaluation:
    """Rank a split in both directions.

    Args:
        model: the trained model.
        data: the split.
        top: best results kept per query.
    """
    sims_QG = similarities(model, data)
    ranks = rank_both_ways(sims_QG, data.video_of_caption)
    caption_ids = [caption.caption_id for caption in data.captions]
    own = [caption.video_id for caption in data.captions]
    texts = [caption.caption for caption in data.captions]
    nothing = [""] * len(data.video_ids)
    t2v = _ranks_table("t2v", caption_ids, texts, own, ranks.t2v, sims_QG, data.video_ids, top)
    v2t = _ranks_table(
        "v2t", data.video_ids, nothing, data.video_ids, ranks.v2t, sims_QG.T, caption_ids, top
    )
    return Evaluation(ranks.summary(), pa.concat_tables([t2v, v2t]))


def _ranks_table(
    direction: str,
    query_ids: Sequence[str],
    queries: Sequence[str],
    own_videos: Sequence[str],
    ranks: NDArray[np.float64],
    sims_QG: NDArray[np.float32],
    gallery_ids: Sequence[str],
    top: int,
) -> pa.Table:
    best = np.argsort(-sims_QG, axis=1, kind="stable")[:, :top]
    scores = np.take_along_axis(sims_QG, best, axis=1)
    return pa.table(
        {
            "direction": [direction] * len(query_ids),
            "query_id": list(query_ids),
            "query": list(queries),
            "video_id": list(own_videos),
            "rank": ranks,
            "top": [[gallery_ids[index] for index in row] for row in best],
            "top_similarities": scores.tolist(),
        }
    )
