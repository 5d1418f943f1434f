"""What ``teachtext review-captions`` is given."""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    parser.add_argument(
        "--verdicts", type=Path, nargs="+", required=True, help="of denoise-captions, by seed"
    )
    parser.add_argument("--worst", type=int, required=True, help="captions to choose")
    parser.add_argument("--output", type=Path, required=True, help="captions to review (Parquet)")
