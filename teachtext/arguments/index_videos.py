"""What ``teachtext index-videos`` is given."""

import argparse
from pathlib import Path

from teachtext.arguments._shared import add_shards


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    parser.add_argument("--manifests", type=Path, required=True, help="folder of all shards'")
    add_shards(parser)
    parser.add_argument("--max-failed-fraction", type=float, required=True, help="of the videos")
    parser.add_argument("--output", type=Path, required=True, help="manifest to write (Parquet)")
