"""Embed all videos and captions with a model, to search among them."""

import argparse
import logging
from pathlib import Path

import pyarrow as pa
import torch

from teachtext.config.text import TextEncoderSettings
from teachtext.files.atomic import replacing
from teachtext.models.checkpoint import load_model
from teachtext.models.inputs import load_whole
from teachtext.models.made_from import check_made_from
from teachtext.runtime.devices import device_of
from teachtext.search.building import build_index
from teachtext.search.hits import Clip
from teachtext.stages._inputs import features_of
from teachtext.store.search_index import SearchIndexFolder
from teachtext.store.tables import read_table
from teachtext.store.tokens import read_tokens
from teachtext.store.weights import model_sha256
from teachtext.tables.dataset import Caption

log = logging.getLogger(__name__)
PLACE = ("video_id", "path", "start_seconds", "duration_seconds")


def main(args: argparse.Namespace) -> None:
    """Run the stage."""
    torch.set_num_threads(args.threads)
    model, card = load_model(args.model)
    tokens, stores = read_tokens(*args.tokens), features_of(args)
    learned_from = features_of(args, "trainval")
    check_made_from(card, args.model, tokens=tokens, stores=learned_from)
    model.to(device_of(card.gpus))
    data = load_whole(tokens, stores, architecture=card.architecture)
    encoder: TextEncoderSettings | None = args.text_encoder
    with replacing(args.output) as temporary:
        temporary.mkdir()
        facts = build_index(
            SearchIndexFolder(temporary),
            model,
            card,
            data,
            _clips(data.video_ids, tokens.captions, args.manifest),
            model_sha256=model_sha256(args.model),
            text_encoder=None if encoder is None else encoder.model_dump(exclude_none=True),
            settings=args.settings,
        )
    approximate = [part for part in facts.parts if part.probes is not None]
    log.info(
        "%d videos in %d parts, %d of them approximate; %d captions",
        len(data.video_ids),
        len(facts.parts),
        len(approximate),
        len(data.captions),
    )


def _clips(video_ids: list[str], captions: list[Caption], manifest: Path | None) -> list[Clip]:
    """Identity of each video; its split is that of its captions, or ``none``."""
    splits = {caption.video_id: caption.split for caption in captions}
    known = {} if manifest is None else _places(read_table(manifest, PLACE))
    nowhere = (None, None, None)
    return [
        Clip(video, splits.get(video, "none"), *known.get(video, nowhere)) for video in video_ids
    ]


def _places(manifest: pa.Table) -> dict[str, tuple[str, float, float]]:
    """Video id -> its file, and from when to when in it."""
    return {
        row["video_id"]: (
            row["path"],
            row["start_seconds"],
            row["start_seconds"] + row["duration_seconds"],
        )
        for row in manifest.to_pylist()
    }
