"""What ``teachtext import-expert`` is given."""

import argparse
from pathlib import Path

from teachtext.arguments._shared import add_shards
from teachtext.files.urls import place_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    parser.add_argument("--expert", required=True, help="name in config.yaml")
    parser.add_argument(
        "--features",
        type=place_of,
        required=True,
        help="made elsewhere: .zarr, also as a URL, .npz or HDF5",
    )
    parser.add_argument(
        "--videos", type=Path, help="table of all videos (default: those that have captions)"
    )
    parser.add_argument("--captions", type=Path, help="table of captions, if there is one")
    parser.add_argument("--shard", required=True, help="name of the shard, such as test-0")
    add_shards(parser)
    parser.add_argument("--ledger", type=Path, required=True, help="ledger to write (Parquet)")
    parser.add_argument("--output", type=Path, required=True, help="feature store to write (Zarr)")
