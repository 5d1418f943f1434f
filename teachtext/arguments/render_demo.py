"""What ``teachtext render-demo`` is given."""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    parser.add_argument("--train", type=int, required=True, help="clips of the train split")
    parser.add_argument("--val", type=int, required=True, help="clips of the val split")
    parser.add_argument("--test", type=int, required=True, help="clips of the test split")
    parser.add_argument("--captions-per-clip", type=int, required=True, help="captions of a clip")
    parser.add_argument("--seed", type=int, required=True, help="decides everything that is drawn")
    parser.add_argument(
        "--workers", type=int, required=True, help="clips rendered at the same time"
    )
    parser.add_argument("--output", type=Path, required=True, help="folder of the corpus")
