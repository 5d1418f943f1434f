"""Make the tables of a published benchmark from its own annotation files."""

import argparse
import sys
from pathlib import Path

from teachtext.datasets.benchmarks import BENCHMARKS
from teachtext.datasets.importing import import_dataset, write_dataset
from teachtext.datasets.summary import describe


def main(argv: list[str]) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="teachtext import-dataset", description=__doc__)
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
    args = parser.parse_args(argv)
    imported = import_dataset(
        args.name, args.annotations, videos=args.videos, held_out=args.hold_out
    )
    write_dataset(imported, args.output)
    sys.stdout.write(describe(imported))
