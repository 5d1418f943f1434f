"""Rank every training caption by the teachers' similarities and drop the suspect ones."""

import argparse
import logging
from pathlib import Path

import numpy as np

from teachtext.config.models import DenoiseSettings
from teachtext.config.teachers import ModelSeed, seeds_of_teachers
from teachtext.denoising.ranks import (
    Placement,
    SimilarityBlocks,
    aggregate_blocks,
    mean_blocks,
    place_captions,
)
from teachtext.denoising.verdicts import (
    Selection,
    best_fraction,
    judge_captions,
    ranked_below,
    verdict_table,
)
from teachtext.errors import StoreError
from teachtext.runtime.progress import Progress
from teachtext.stages._inputs import captions_of
from teachtext.store.similarities import SimilarityStore, open_similarities
from teachtext.store.tables import write_table
from teachtext.store.versions import MADE_BY, stamp

log = logging.getLogger(__name__)


def main(args: argparse.Namespace) -> None:
    """Run the stage."""
    settings: DenoiseSettings = args.settings
    teachers = _open_all(args.similarities)
    by_id = {caption.caption_id: caption for caption in captions_of(args)}
    captions = [by_id[caption_id] for caption_id in teachers[0].caption_ids]
    video_ids = teachers[0].video_ids
    column = {video: index for index, video in enumerate(video_ids)}
    video_of_caption = np.array([column[caption.video_id] for caption in captions])
    blocks = aggregate_blocks(_opinions(teachers), settings.aggregation)
    progress = Progress(log, "denoise", len(captions), unit="caption")
    placement = place_captions(progress.over(blocks, count=len), video_of_caption)
    selection = _select(placement, settings)
    verdicts = judge_captions(
        placement,
        selection,
        captions,
        video_ids,
        video_of_caption,
        keep_per_video=settings.keep_per_video,
    )
    metadata = {
        MADE_BY: stamp("denoise_captions"),
        "settings": settings.model_dump_json(),
        "captions": args.name,
        "seed": str(args.seed),
        "keeps": selection.why,
        "teachers": " ".join(teacher.model for teacher in teachers),
    }
    write_table(args.output, verdict_table(verdicts), metadata)
    kept = sum(verdict.kept for verdict in verdicts)
    log.info("kept %d of %d captions", kept, len(verdicts))


def _open_all(paths: list[Path]) -> list[SimilarityStore]:
    stores = [open_similarities(path) for path in paths]
    first = stores[0]
    for store in stores[1:]:
        if (store.caption_ids, store.video_ids) != (first.caption_ids, first.video_ids):
            raise StoreError(
                f"{store.model} and {first.model} have similarities of different captions or "
                "videos. Delete both and run snakemake to compute them again."
            )
    return stores


def _opinions(stores: list[SimilarityStore]) -> list[SimilarityBlocks]:
    """The mean of the seeds of each teacher."""
    teachers = seeds_of_teachers(ModelSeed.parse(store.model) for store in stores)
    return [
        mean_blocks([stores[place].blocks() for place in places]) for places in teachers.values()
    ]


def _select(placement: Placement, settings: DenoiseSettings) -> Selection:
    """By the one of the two numbers that there is."""
    if settings.keep_fraction is not None:
        return best_fraction(placement, settings.keep_fraction)
    return ranked_below(placement, settings.keep_rank_below)  # type: ignore[arg-type]
