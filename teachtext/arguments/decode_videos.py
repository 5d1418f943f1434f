"""What ``teachtext decode-videos`` is given."""

import argparse
from pathlib import Path

from teachtext.arguments._shared import (
    add_failure_limit,
    add_limits,
    add_shards,
    settings_json,
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    parser.add_argument("--manifest", type=Path, required=True, help="of the shard (Parquet)")
    parser.add_argument("--shard", required=True, help="name of the shard, such as test-0")
    parser.add_argument(
        "--requests",
        type=settings_json("teachtext.config.experts:ExpertRequest"),
        nargs="+",
        required=True,
        help="what is asked of each expert, as JSON",
    )
    parser.add_argument("--finished", type=Path, required=True, help="folder of finished experts")
    add_limits(parser)
    add_shards(parser)
    parser.add_argument("--videos", type=int, required=True, help="number of all videos")
    add_failure_limit(parser)
    parser.add_argument("--work", type=Path, required=True, help="folder of finished videos")
    parser.add_argument("--output", type=Path, required=True, help="folder of media to write")
