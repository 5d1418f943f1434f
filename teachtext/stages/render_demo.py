"""Render the demo corpus: clips, captions and tables, the same bytes from the same seed."""

import argparse
import logging

from teachtext.demo.rendering import render_corpus
from teachtext.demo.scenes import draw_scenes

log = logging.getLogger(__name__)


def main(args: argparse.Namespace) -> None:
    """Parse the command line, render, write."""
    scenes = draw_scenes(train=args.train, val=args.val, test=args.test, seed=args.seed)
    log.info("Rendering %d clips into %s.", len(scenes), args.output)
    render_corpus(
        scenes, args.output, captions_per_clip=args.captions_per_clip, workers=args.workers
    )
    log.info("Rendered %d clips, %d captions.", len(scenes), len(scenes) * args.captions_per_clip)
