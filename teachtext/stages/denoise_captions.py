"""Rank every training caption by the teachers' mean similarities and drop the suspect ones."""

import argparse
import logging
from pathlib import Path

import numpy as np

from teachtext.denoising import Blocks, judge_captions, mean_blocks, mean_ranks, verdict_table
from teachtext.errors import StoreError
from teachtext.stages._arguments import add_captions, captions_of
from teachtext.store.similarities import SimilarityStore, open_similarities
from teachtext.store.tables import write_table
from teachtext.teachers import seeds_of_teachers

log = logging.getLogger(__name__)


def main(argv: list[str]) -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser(prog="teachtext denoise-captions", description=__doc__)
    parser.add_argument("--similarities", type=Path, nargs="+", required=True, help="of teachers")
    add_captions(parser)
    parser.add_argument("--name", required=True, help="of the caption set in config.yaml")
    parser.add_argument("--seed", type=int, required=True, help="of the teachers")
    parser.add_argument("--keep-rank-below", type=float, required=True, help="0 is the best rank")
    parser.add_argument("--output", type=Path, required=True, help="verdicts (Parquet)")
    args = parser.parse_args(argv)

    teachers = _open_all(args.similarities)
    by_id = {caption.caption_id: caption for caption in captions_of(args)}
    captions = [by_id[caption_id] for caption_id in teachers[0].caption_ids]
    column = {video: index for index, video in enumerate(teachers[0].video_ids)}
    video_of_caption = np.array([column[caption.video_id] for caption in captions])
    ranks = mean_ranks(_opinions(teachers), video_of_caption)
    verdicts = judge_captions(
        ranks, captions, video_of_caption, keep_rank_below=args.keep_rank_below
    )
    metadata = {
        "captions": args.name,
        "seed": str(args.seed),
        "keep_rank_below": f"{args.keep_rank_below:g}",
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


def _opinions(stores: list[SimilarityStore]) -> list[Blocks]:
    """Of each teacher the mean of its seeds."""
    teachers = seeds_of_teachers(store.model for store in stores)
    return [
        mean_blocks([stores[place].blocks() for place in places]) for places in teachers.values()
    ]
