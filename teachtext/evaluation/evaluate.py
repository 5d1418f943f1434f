"""Similarities of a model over a whole set, and what they say of it. Tensors inside, NumPy out.

The videos are embedded once, captions block by block; nobody holds the whole matrix.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray

from teachtext.config.evaluate import Normalization
from teachtext.errors import TrainingError
from teachtext.evaluation.metrics import (
    best_of_videos,
    ranks_in_columns,
    summarize_ranks,
    text_to_video_ranks,
)
from teachtext.evaluation.normalization import dual_softmax_ranks, query_bank_ranks, read_bank
from teachtext.evaluation.top import TopResults, top_results
from teachtext.models.base import RetrievalModel
from teachtext.models.inputs import RetrievalSet, pad
from teachtext.models.similarity import VideoEmbeddings
from teachtext.runtime.progress import Progress
from teachtext.store.mapped import MappedRows, ScratchRows
from teachtext.store.ragged import Ragged, Rows
from teachtext.store.tokens import TokenTable

log = logging.getLogger(__name__)
VIDEO_BLOCK = 64
CAPTION_BLOCK = 256
NORMALIZED_BLOCK = 64
"""Fewer captions, because their similarities are of float64 and needed several times over."""
_Block = tuple[NDArray[np.int64], NDArray[np.float32]]
_Blocks = Iterable[_Block]
"""Caption indices and their (block, videos) similarities, in the order of the captions."""
Metrics = dict[str, dict[str, float]]
"""Direction -> name -> value."""


@dataclass(frozen=True)
class Ranks:
    """Ranks of both directions, 0 is best.

    Attributes:
        t2v: (captions,) Rank of each caption's video among the videos.
        v2t: (videos,) Rank of each video's best caption among the captions.
    """

    t2v: NDArray[np.float64]
    v2t: NDArray[np.float64]

    def summary(self) -> Metrics:
        """All metrics by direction."""
        return {
            "t2v": summarize_ranks(self.t2v, gallery=len(self.v2t)),
            "v2t": summarize_ranks(self.v2t, gallery=len(self.t2v)),
        }


def encode_gallery(model: RetrievalModel, data: RetrievalSet) -> VideoEmbeddings:
    """Embed all videos of a set, block by block, on the model's device."""
    return _joined(_gallery_blocks(model, data))


@torch.inference_mode()
def _gallery_blocks(model: RetrievalModel, data: RetrievalSet) -> Iterator[VideoEmbeddings]:
    model.eval()
    for begin, end in _bounds(len(data.video_ids), VIDEO_BLOCK):
        videos = data.video_batch(np.arange(begin, end))
        moved = {name: rows.to(model.device) for name, rows in videos.items()}
        yield model.encode_videos(moved)
        data.release()


def _joined(videos: Iterable[VideoEmbeddings]) -> VideoEmbeddings:
    blocks = list(videos)
    experts = zip(*(block.by_expert for block in blocks), strict=True)
    return VideoEmbeddings(
        [torch.cat(parts) for parts in experts],
        torch.cat([block.available_GM for block in blocks]),
    )


@torch.inference_mode()
def similarity_blocks(model: RetrievalModel, data: RetrievalSet) -> Iterator[_Block]:
    """Similarities of all captions to all videos, one block of captions at a time.

    Yields:
        (block,) caption indices and their (block, videos) similarities.

    Raises:
        TrainingError: A similarity is not a number.
    """
    yield from _search(model, data.tokens, encode_gallery(model, data))


@torch.inference_mode()
def _search(model: RetrievalModel, tokens: Rows, gallery: VideoEmbeddings) -> Iterator[_Block]:
    """The same for captions that need not be of the gallery's videos."""
    device = gallery.available_GM.device
    for begin, end in _bounds(len(tokens.lengths), CAPTION_BLOCK):
        indices = np.arange(begin, end)
        captions = model.encode_captions(pad(tokens, indices).to(device))
        tokens.release()
        sims = model.similarity(captions, gallery).float().cpu().numpy()
        if not np.isfinite(sims).all():
            raise TrainingError(
                "The model gives similarities that are not numbers. Train it again with a lower "
                "training.learning_rate."
            )
        yield indices, sims


def shown(blocks: _Blocks, what: str, data: RetrievalSet) -> _Blocks:
    """The same blocks; tells how far they are."""
    progress = Progress(log, what, len(data.captions), unit="caption")
    return progress.over(blocks, count=lambda block: len(block[0]))


def rank_set(model: RetrievalModel, data: RetrievalSet) -> Ranks:
    """Rank a set in both directions."""
    ranks, _ = _rank(similarity_blocks(model, data), data)
    return ranks


def _rank(blocks: _Blocks, data: RetrievalSet) -> tuple[Ranks, MappedRows]:
    """Rank captions as they come; videos when all have come, from a file of what came."""
    captions, videos = len(data.captions), len(data.video_ids)
    t2v, own = np.empty(captions), np.empty(captions, np.float32)
    scratch = ScratchRows(captions, dim=videos, dtype=np.float32)
    for indices, sims in blocks:
        own_videos = data.video_of_caption[indices]
        t2v[indices] = text_to_video_ranks(sims, own_videos)
        own[indices] = sims[np.arange(len(sims)), own_videos]
        scratch.add(indices, Ragged(sims, np.arange(len(sims) + 1)))
    best = best_of_videos(own, data.video_of_caption, videos=videos)
    matrix = scratch.mapped()
    return Ranks(t2v, ranks_in_columns(_rows_of(matrix, CAPTION_BLOCK), best)), matrix


def _rows_of(matrix: MappedRows, size: int) -> Iterator[NDArray[np.float32]]:
    for begin, end in _bounds(len(matrix), size):
        yield matrix.take(np.arange(begin, end)).values
        matrix.release()


def _shown_rows(matrix: MappedRows) -> Iterator[NDArray[np.float32]]:
    """For normalisation, which goes over all captions several times."""
    progress = Progress(log, "normalize", len(matrix), unit="caption")
    return progress.over(_rows_of(matrix, NORMALIZED_BLOCK), count=len)


def _bounds(count: int, size: int) -> Iterator[tuple[int, int]]:
    for begin in range(0, count, size):
        yield begin, min(count, begin + size)


@dataclass(frozen=True)
class SplitEvaluation:
    """A model's results on one split.

    Attributes:
        metrics: Metrics by direction.
        ranks: One row per query of each direction, with the best results.
        similarities: (captions, videos) Similarities, in a temporary file that is deleted when the
            process ends.
        gallery: Embedded videos.
    """

    metrics: Metrics
    ranks: pa.Table
    similarities: MappedRows
    gallery: VideoEmbeddings


def evaluate(model: RetrievalModel, data: RetrievalSet, *, top: int) -> SplitEvaluation:
    """Rank a split in both directions.

    Args:
        model: Trained or untrained model.
        data: Split to evaluate.
        top: Number of best results kept per query.
    """
    results = _Results(captions=len(data.captions), videos=len(data.video_ids), top=top)
    progress = Progress(log, "embed", len(data.video_ids), unit="video")
    blocks_of_gallery = _gallery_blocks(model, data)
    gallery = _joined(progress.over(blocks_of_gallery, count=lambda block: len(block.available_GM)))
    blocks = shown(_search(model, data.tokens, gallery), "evaluate", data)
    ranks, similarities = _rank(results.noting(blocks), data)
    caption_ids = [caption.caption_id for caption in data.captions]
    t2v = {
        "direction": ["t2v"] * len(caption_ids),
        "query_id": caption_ids,
        "query": [caption.caption for caption in data.captions],
        "video_id": [caption.video_id for caption in data.captions],
        "rank": ranks.t2v,
        **results.of_captions.columns(data.video_ids),
    }
    v2t = {
        "direction": ["v2t"] * len(data.video_ids),
        "query_id": data.video_ids,
        "query": [""] * len(data.video_ids),
        "video_id": data.video_ids,
        "rank": ranks.v2t,
        **results.of_videos.columns(caption_ids),
    }
    table = pa.concat_tables([pa.table(t2v), pa.table(v2t)])
    return SplitEvaluation(ranks.summary(), table, similarities, gallery)


def draw_bank(tokens: TokenTable, *, captions: int, generator: np.random.Generator) -> Rows:
    """Token vectors of training captions to serve as a query bank.

    Args:
        tokens: Token vectors of the captions of all splits.
        captions: Maximum number of training captions to draw.
        generator: Random generator of the draw.
    """
    train = np.flatnonzero([caption.split == "train" for caption in tokens.captions])
    drawn = generator.choice(train, min(captions, len(train)), replace=False)
    return tokens.tokens.select(np.sort(drawn))


def evaluate_normalized(
    model: RetrievalModel,
    data: RetrievalSet,
    evaluation: SplitEvaluation,
    bank: Rows,
    *,
    normalizations: Sequence[Normalization],
    inverse_temperature: float,
    bank_top: int,
) -> dict[Normalization, Metrics]:
    """Rank a split by normalised similarities; QB-Norm from captions to videos only.

    Args:
        model: Trained or untrained model.
        data: Split to evaluate.
        evaluation: Evaluation of the model on this split.
        bank: Query bank returned by ``draw_bank``; used by QB-Norm only.
        normalizations: Normalisations to apply.
        inverse_temperature: Inverse temperature of their softmaxes.
        bank_top: Number of results per bank caption that QB-Norm activates.
    """
    owners, videos = data.video_of_caption, len(data.video_ids)
    blocks = partial(_shown_rows, evaluation.similarities)
    found: dict[Normalization, Metrics] = {}
    for name in normalizations:
        if name == "qb-norm":
            searched = (sims for _, sims in _search(model, bank, evaluation.gallery))
            read = read_bank(
                searched, videos=videos, inverse_temperature=inverse_temperature, top=bank_top
            )
            ranks = query_bank_ranks(blocks, owners, read)
            found[name] = {"t2v": summarize_ranks(ranks, gallery=videos)}
        else:
            both = dual_softmax_ranks(
                blocks, owners, videos=videos, inverse_temperature=inverse_temperature
            )
            found[name] = Ranks(*both).summary()
    return found


class _Results:
    """The best results of both directions, collected as the similarities are computed.

    Attributes:
        of_captions: Videos found for each caption.
        of_videos: Captions found for each video.
    """

    def __init__(self, *, captions: int, videos: int, top: int) -> None:
        self._top = top
        kept = min(top, videos)
        self.of_captions = TopResults(
            np.empty((captions, kept), np.int64), np.empty((captions, kept), np.float32)
        )
        self.of_videos = TopResults(
            np.empty((videos, 0), np.int64), np.empty((videos, 0), np.float32)
        )

    def noting(self, blocks: _Blocks) -> _Blocks:
        """The same blocks."""
        for indices, sims_QG in blocks:
            everything = np.arange(sims_QG.shape[1])[None]
            found = top_results(sims_QG, self._top, indices_QG=everything)
            self.of_captions.indices_QK[indices] = found.indices_QK
            self.of_captions.scores_QK[indices] = found.scores_QK
            found = top_results(sims_QG.T, self._top, indices_QG=indices[None])
            self.of_videos = self.of_videos.merged(found, self._top)
            yield indices, sims_QG
