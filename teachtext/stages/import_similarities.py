"""Store similarities that were made elsewhere, of all training captions and all training videos."""

import argparse
import logging
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from teachtext.interop.features.similarities import read_imported
from teachtext.runtime.progress import Progress
from teachtext.stages._inputs import captions_of
from teachtext.store.similarities import BLOCK, write_similarities
from teachtext.tables.dataset import videos_of

log = logging.getLogger(__name__)
Block = tuple[list[str], NDArray[np.float32]]
"""Caption ids and their (block, videos) similarities."""


def main(args: argparse.Namespace) -> None:
    """Run the stage."""
    captions = [caption for caption in captions_of(args) if caption.split == "train"]
    video_ids = videos_of(captions, "train")
    imported = read_imported(
        args.similarities, [caption.caption_id for caption in captions], video_ids
    )
    write_similarities(
        args.output,
        _shown(imported.grid.blocks(BLOCK), len(captions)),
        model=f"{args.model}/{args.seed}",
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


def _shown(blocks: Iterable[Block], captions: int) -> Iterator[Block]:
    """The same blocks; tells how far they are."""
    with Progress(log, "import", captions, unit="caption") as progress:
        for caption_ids, sims in blocks:
            yield caption_ids, sims
            progress.advance(done=len(caption_ids))
