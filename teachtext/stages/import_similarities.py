"""Store similarities that were made elsewhere, of all training captions and all training videos."""

import argparse
import logging

from teachtext.config.teachers import ModelSeed
from teachtext.interop.features.similarities import read_foreign_similarities
from teachtext.runtime.progress import Progress
from teachtext.stages._inputs import captions_of
from teachtext.store.similarities import ROWS_PER_BLOCK, write_similarities
from teachtext.tables.dataset import videos_of

log = logging.getLogger(__name__)


def main(args: argparse.Namespace) -> None:
    """Run the stage."""
    captions = [caption for caption in captions_of(args) if caption.split == "train"]
    video_ids = videos_of(captions, "train")
    imported = read_foreign_similarities(
        args.similarities, [caption.caption_id for caption in captions], video_ids
    )
    progress = Progress(log, "import", len(captions), unit="caption")
    write_similarities(
        args.output,
        progress.over(imported.grid.blocks(ROWS_PER_BLOCK), count=lambda block: len(block[0])),
        model=str(ModelSeed(args.model, args.seed)),
        video_ids=video_ids,
        made_by="import_similarities",
    )
    log.info(
        "imported %d x %d similarities; ignored %d captions and %d videos that are not in train",
        len(captions),
        len(video_ids),
        imported.unknown_captions,
        imported.unknown_videos,
    )
