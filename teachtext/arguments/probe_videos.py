"""What ``teachtext probe-videos`` is given."""

import argparse
from pathlib import Path

from teachtext.arguments._shared import add_limits, add_shards


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    parser.add_argument("--videos", type=Path, required=True, help="table of videos")
    parser.add_argument("--captions", type=Path, help="table of captions, if there is one")
    parser.add_argument("--shard", required=True, help="name of the shard, such as test-0")
    add_shards(parser)
    add_limits(parser)
    parser.add_argument("--journal", type=Path, required=True, help="of files probed before")
    parser.add_argument(
        "--output", type=Path, required=True, help="manifest of the shard (Parquet)"
    )
