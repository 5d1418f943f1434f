"""What ``teachtext check-failures`` is given."""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    parser.add_argument("--ledger", type=Path, required=True, help="of index-experts (Parquet)")
    parser.add_argument("--max-failed-fraction", type=float, required=True, help="of the videos")
    parser.add_argument("--output", type=Path, required=True, help="list to write (CSV)")
