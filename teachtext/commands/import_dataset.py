"""Make the tables of a published benchmark from its own annotation files."""

import argparse
import sys

from teachtext.interop.benchmarks.importing import import_dataset, write_dataset
from teachtext.interop.benchmarks.summary import describe_import


def main(args: argparse.Namespace) -> None:
    """Run the command."""
    imported = import_dataset(
        args.name, args.annotations, videos=args.videos, held_out=args.hold_out
    )
    write_dataset(imported, args.output)
    sys.stdout.write(describe_import(imported))
