"""What ``teachtext import-expert`` is given."""

import argparse
from pathlib import Path

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
        "--videos", type=Path, required=True, help="table that names all videos, or their captions"
    )
    parser.add_argument("--shards", type=int, required=True, help="number of stores to write")
    parser.add_argument("--output", type=Path, required=True, help="folder of stores and ledgers")
