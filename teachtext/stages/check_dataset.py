"""Check the tables of videos and captions, before anything is computed."""

import argparse
import json
import logging
from collections import Counter
from pathlib import Path

from teachtext.atomic import replacing
from teachtext.dataset import (
    SPLITS,
    ValUser,
    check_dataset,
    check_splits,
    read_videos,
    videos_of,
)
from teachtext.progress import Progress
from teachtext.stages._arguments import add_captions, captions_of

log = logging.getLogger(__name__)


def main(argv: list[str]) -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser(prog="teachtext check-dataset", description=__doc__)
    parser.add_argument("--videos", type=Path, help="table of videos; default: there are none")
    add_captions(parser)
    parser.add_argument(
        "--needs-val",
        nargs=2,
        metavar=("ENTRY", "SETTING"),
        help="who chooses by the val split, and how it would not; default: nobody does",
    )
    parser.add_argument("--output", type=Path, required=True, help="counts to write (JSON)")
    args = parser.parse_args(argv)

    # millions of rows take half a minute
    with Progress(log, "read", 2, unit="table") as progress:
        videos = [] if args.videos is None else read_videos(args.videos)
        progress.advance()
        captions = captions_of(args)
        progress.advance()
    if args.videos is not None:
        check_dataset(videos, captions)
    check_splits(captions, ValUser(*args.needs_val) if args.needs_val else None)
    of_split = Counter(caption.split for caption in captions)
    counts = {
        split: {"videos": len(videos_of(captions, split)), "captions": of_split[split]}
        for split in SPLITS
    }
    with replacing(args.output) as temporary:
        temporary.write_text(json.dumps({"videos": len(videos), "splits": counts}, indent=2))
    log.info("%d videos, %d captions: %s", len(videos), len(captions), counts)
