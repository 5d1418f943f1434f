"""What ``teachtext import-dataset`` is given."""

import argparse
from pathlib import Path

from teachtext.interop.benchmarks.benchmarks import BENCHMARKS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    add = parser.add_argument
    add("name", choices=BENCHMARKS, metavar="NAME", help=f"one of: {', '.join(BENCHMARKS)}")
    add(
        "--annotations",
        type=Path,
        nargs="+",
        required=True,
        help="the files that its authors give out, or folders, zip or tar archives with them",
    )
    add("--videos", type=Path, help="folder of the video files, which are found by their names")
    add(
        "--hold-out",
        type=int,
        metavar="VIDEOS",
        help="so many training videos are val, where the benchmark has no val split",
    )
    add("--output", type=Path, required=True, help="folder for captions.csv and videos.csv")
