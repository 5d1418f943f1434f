"""What ``teachtext import-features`` is given."""

import argparse
from pathlib import Path

from teachtext.arguments._shared import named_path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    add = parser.add_argument
    add("--captions", type=Path, required=True, help="table of captions of the dataset")
    add(
        "--archives",
        type=Path,
        nargs="+",
        default=[],
        help="archives or folders in the authors' layout; later ones go before earlier ones",
    )
    for option, what in (
        ("--experts", "features: pickle, .npz, HDF5, or a folder of <video_id>.npy"),
        ("--text", "token vectors: pickle, .npz or HDF5; a name that is there twice is joined"),
    ):
        add(option, type=named_path, nargs="+", default=[], metavar="NAME=PATH", help=what)
    add("--words", type=Path, nargs="+", default=[], help="pickles of the captions of --text")
    add("--ids", type=Path, nargs="+", default=[], help="pickles that map ids to the videos' own")
    add("--output", type=Path, required=True, help="folder to write, or to add to")
