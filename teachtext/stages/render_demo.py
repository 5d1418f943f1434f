"""Render the demo corpus: clips, captions and tables, the same bytes from the same seed."""

import argparse
import logging
from pathlib import Path

from teachtext.demo.rendering import render_corpus
from teachtext.demo.scenes import draw_scenes

log = logging.getLogger(__name__)


def main(argv: list[str]) -> None:
    """Parse the command line, render, write."""
    parser = argparse.ArgumentParser(prog="teachtext render-demo", description=__doc__)
    parser.add_argument("--train", type=int, required=True, help="clips of the train split")
    parser.add_argument("--val", type=int, required=True, help="clips of the val split")
    parser.add_argument("--test", type=int, required=True, help="clips of the test split")
    parser.add_argument("--captions-per-clip", type=int, required=True, help="captions of a clip")
    parser.add_argument("--seed", type=int, required=True, help="decides everything that is drawn")
    parser.add_argument(
        "--workers", type=int, required=True, help="clips rendered at the same time"
    )
    parser.add_argument("--output", type=Path, required=True, help="folder of the corpus")
    args = parser.parse_args(argv)
    scenes = draw_scenes(train=args.train, val=args.val, test=args.test, seed=args.seed)
    log.info("Rendering %d clips into %s.", len(scenes), args.output)
    render_corpus(
        scenes, args.output, captions_per_clip=args.captions_per_clip, workers=args.workers
    )
    log.info("Rendered %d clips, %d captions.", len(scenes), len(scenes) * args.captions_per_clip)
