"""What ``teachtext index-experts`` is given."""

import argparse
from pathlib import Path

from teachtext.arguments._shared import add_features


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    add_features(parser)
    parser.add_argument("--index", type=Path, required=True, help="index to write (Parquet)")
    parser.add_argument("--ledger", type=Path, required=True, help="ledger to write (Parquet)")
