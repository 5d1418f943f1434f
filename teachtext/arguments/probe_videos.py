"""What ``teachtext probe-videos`` is given."""

import argparse
from pathlib import Path

from teachtext.arguments._shared import add_limits


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    parser.add_argument("--videos", type=Path, required=True, help="table of videos")
    parser.add_argument("--shard", type=int, required=True, help="number of the shard, from 0")
    parser.add_argument("--shards", type=int, required=True, help="number of shards")
    add_limits(parser)
    parser.add_argument("--journal", type=Path, required=True, help="of files probed before")
    parser.add_argument(
        "--output", type=Path, required=True, help="manifest of the shard (Parquet)"
    )
