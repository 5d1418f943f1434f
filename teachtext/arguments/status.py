"""What ``teachtext status`` is given."""

import argparse

from teachtext.arguments._shared import add_configfile, add_directory


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    add_directory(parser)
    add_configfile(parser)
    parser.add_argument("--json", action="store_true", help="for programs: JSON, with every job")
    parser.add_argument(
        "--exit-code",
        action="store_true",
        help="end with 0: everything is there; 1: a job failed (or the command did); "
        "3: snakemake is running; 4: something is missing, and nothing runs",
    )
