"""Building the index of a model: all videos embedded, in parts; all captions embedded."""

# Shape suffixes: E = widths of all experts together, M = experts, G = gallery, C = captions.
import logging
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from teachtext.config.search import SearchSettings
from teachtext.evaluation.evaluate import CAPTION_BLOCK, VIDEO_BLOCK
from teachtext.models.base import RetrievalModel
from teachtext.models.checkpoint import ModelCard
from teachtext.models.inputs import RetrievalSet, pad
from teachtext.runtime.progress import Progress
from teachtext.search.hits import Clip
from teachtext.search.inverted import build_inverted, choose_probes
from teachtext.search.parts import parts_of, queries_of
from teachtext.store.search_index import GalleryPart, IndexFacts, SearchIndexFolder

log = logging.getLogger(__name__)

SMALL_PART = 10_000
"""Videos of a part that are compared as fast as centroids are, in a large gallery, too."""

CLIP = tuple(field.name for field in fields(Clip))
_TEXT = ("caption_id", "caption", "video_id")


def build_index(
    folder: SearchIndexFolder,
    model: RetrievalModel,
    card: ModelCard,
    data: RetrievalSet,
    clips: Sequence[Clip],
    *,
    model_sha256: str,
    text_encoder: Mapping[str, Any] | None,
    settings: SearchSettings,
) -> IndexFacts:
    """Write the index of a model.

    Args:
        folder: Empty folder to write to.
        model: Model that embeds the videos and captions.
        card: Card of the model.
        data: All videos, and all captions of them.
        clips: Clips of the same videos, in the same order.
        model_sha256: Identity of the model.
        text_encoder: Entry of the text encoder in config.yaml; None if the token vectors were made
            elsewhere.
        settings: Settings of the index.
    """
    counted_GM = model.counted(_available(data, card.experts)).numpy()
    order_G, parts = parts_of(counted_GM)
    videos_GE, widths = _embed_videos(folder, model, data, order_G, counted_GM)
    _embed_captions(folder, model, data, sum(widths))
    folder.write_rows("clips", _columns([clips[index] for index in order_G], CLIP))
    folder.write_rows("texts", _columns(data.captions, _TEXT))
    facts = IndexFacts(
        model=card.model,
        seed=card.seed,
        model_sha256=model_sha256,
        settings=settings.model_dump(),
        widths=dict(zip(card.experts, widths, strict=True)),
        text_encoder=text_encoder,
        parts=[
            _indexed(folder, number, part, videos_GE, settings) for number, part in enumerate(parts)
        ],
    )
    folder.finish(facts)
    return facts


def _available(data: RetrievalSet, experts: Mapping[str, object]) -> torch.Tensor:
    """(G, M) which experts found something in a video."""
    found = [data.experts[name].rows.lengths > 0 for name in experts]
    return torch.from_numpy(np.stack(found, axis=1))


def _columns(rows: Sequence[Any], names: Sequence[str]) -> dict[str, list[Any]]:
    return {name: [getattr(row, name) for row in rows] for name in names}


@torch.inference_mode()
def _embed_videos(
    folder: SearchIndexFolder,
    model: RetrievalModel,
    data: RetrievalSet,
    order_G: NDArray[np.int64],
    counted_GM: NDArray[np.bool_],
) -> tuple[NDArray[np.float32], list[int]]:
    """(G, E) embeddings in that order, zeros of experts that do not count; widths of experts."""
    videos_GE: NDArray[np.float32] | None = None
    widths: list[int] = []
    with Progress(log, "embed", len(order_G), unit="video") as progress:
        for begin in range(0, len(order_G), VIDEO_BLOCK):
            rows = order_G[begin : begin + VIDEO_BLOCK]
            batch = {name: one.to(model.device) for name, one in data.video_batch(rows).items()}
            embedded = [part.float().cpu().numpy() for part in model.encode_videos(batch).by_expert]
            if videos_GE is None:
                widths = [part.shape[1] for part in embedded]
                shape = (len(order_G), sum(widths))
                videos_GE = folder.create_array("videos", shape, np.float32)
            counted = np.repeat(counted_GM[rows], widths, axis=1)
            block = np.where(counted, np.concatenate(embedded, axis=1), 0)
            videos_GE[begin : begin + len(rows)] = block
            data.release()
            progress.advance(done=len(rows))
    if videos_GE is None:
        raise ValueError("a gallery has at least one video")
    return videos_GE, widths


@torch.inference_mode()
def _embed_captions(
    folder: SearchIndexFolder, model: RetrievalModel, data: RetrievalSet, width: int
) -> None:
    """Captions as queries; in half precision, for there are many and nothing is exact to them."""
    count = len(data.captions)
    captions_CE = folder.create_array("captions", (count, width), np.float16)
    weights_CM = folder.create_array("weights", (count, len(model.experts)), np.float32)
    blocks = (
        np.arange(count)[begin : begin + CAPTION_BLOCK] for begin in range(0, count, CAPTION_BLOCK)
    )
    for rows in Progress(log, "embed", count, unit="caption").over(blocks, count=len):
        embedded = model.encode_captions(pad(data.tokens, rows).to(model.device))
        captions_CE[rows], weights_CM[rows] = queries_of(embedded)
        data.release()


def _indexed(
    folder: SearchIndexFolder,
    number: int,
    part: GalleryPart,
    videos_GE: NDArray[np.float32],
    settings: SearchSettings,
) -> GalleryPart:
    """The part, with an inverted file if it and the gallery are large."""
    is_small = len(videos_GE) < settings.exact_below or len(part) < SMALL_PART
    if is_small or not any(part.counted_M):
        return part
    own_GE = videos_GE[part.first : part.end]
    index = build_inverted(own_GE, seed=settings.seed)
    captions_CE = folder.array("captions")
    drawn = np.random.default_rng(settings.seed).choice(
        len(captions_CE), min(settings.recall_queries, len(captions_CE)), replace=False
    )
    queries_QE = captions_CE[np.sort(drawn)].astype(np.float32)
    probes, recall = choose_probes(index, own_GE, queries_QE, recall=settings.recall)
    log.info("part %d: %d videos, %d probes, recall@10 %.3f", number, len(part), probes, recall)
    folder.write_inverted(number, index)
    return replace(part, probes=probes, recall=recall)
