"""Store similarities that were made elsewhere, of all training captions and all training videos."""

import argparse
import logging
from pathlib import Path

from teachtext.dataset import videos_of
from teachtext.importing.similarities import read_imported
from teachtext.stages._arguments import add_captions, captions_of
from teachtext.store.similarities import BLOCK, write_similarities

log = logging.getLogger(__name__)


def main(argv: list[str]) -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser(prog="teachtext import-similarities", description=__doc__)
    parser.add_argument("--similarities", type=Path, required=True, help="made elsewhere (Parquet)")
    add_captions(parser)
    parser.add_argument("--model", required=True, help="name in config.yaml")
    parser.add_argument("--seed", type=int, required=True, help="of the models it will teach")
    parser.add_argument("--output", type=Path, required=True, help="similarities (Parquet)")
    args = parser.parse_args(argv)

    captions = [caption for caption in captions_of(args) if caption.split == "train"]
    video_ids = videos_of(captions, "train")
    imported = read_imported(
        args.similarities, [caption.caption_id for caption in captions], video_ids
    )
    write_similarities(
        args.output,
        imported.grid.blocks(BLOCK),
        model=f"{args.model}/{args.seed}",
        video_ids=video_ids,
    )
    log.info(
        "imported %d x %d similarities; ignored %d captions and %d videos that are not in train",
        len(captions),
        len(video_ids),
        imported.unknown_captions,
        imported.unknown_videos,
    )
