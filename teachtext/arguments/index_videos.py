"""What ``teachtext index-videos`` is given."""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    parser.add_argument("--manifests", type=Path, required=True, help="folder of all shards'")
    parser.add_argument("--shards", type=int, required=True, help="number of shards")
    parser.add_argument("--max-failed-fraction", type=float, required=True, help="of the videos")
    parser.add_argument("--output", type=Path, required=True, help="manifest to write (Parquet)")
