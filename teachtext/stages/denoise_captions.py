"""Rank every training caption by the teachers' mean similarities and drop the suspect ones."""

import argparse
import logging
from pathlib import Path

import numpy as np

from teachtext.dataset import read_captions
from teachtext.denoising import judge_captions, verdict_table
from teachtext.store.similarities import read_similarities
from teachtext.store.tables import write_table

log = logging.getLogger(__name__)


def main(argv: list[str]) -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser(prog="teachtext denoise-captions", description=__doc__)
    parser.add_argument("--similarities", type=Path, nargs="+", required=True, help="one a teacher")
    parser.add_argument("--captions", type=Path, required=True, help="table of captions")
    parser.add_argument("--name", required=True, help="of the caption set in config.yaml")
    parser.add_argument("--seed", type=int, required=True, help="of the teachers")
    parser.add_argument("--keep-rank-below", type=float, required=True, help="0 is the best rank")
    parser.add_argument("--output", type=Path, required=True, help="verdicts (Parquet)")
    args = parser.parse_args(argv)

    matrices = [read_similarities(path) for path in args.similarities]
    caption_ids, video_ids = matrices[0].caption_ids, matrices[0].video_ids
    mean = np.mean([matrix.aligned(caption_ids, video_ids) for matrix in matrices], axis=0)
    by_id = {caption.caption_id: caption for caption in read_captions(args.captions)}
    captions = [by_id[caption_id] for caption_id in caption_ids]
    column = {video: index for index, video in enumerate(video_ids)}
    verdicts = judge_captions(
        mean,
        captions,
        np.array([column[caption.video_id] for caption in captions]),
        keep_rank_below=args.keep_rank_below,
    )
    metadata = {
        "captions": args.name,
        "seed": str(args.seed),
        "keep_rank_below": f"{args.keep_rank_below:g}",
        "teachers": " ".join(matrix.model for matrix in matrices),
    }
    write_table(args.output, verdict_table(verdicts), metadata)
    kept = sum(verdict.kept for verdict in verdicts)
    log.info("kept %d of %d captions", kept, len(verdicts))
