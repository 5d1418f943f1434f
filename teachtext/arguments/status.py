"""What ``teachtext status`` is given."""

import argparse
from pathlib import Path

from teachtext.arguments._shared import add_configfile


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    add_configfile(parser)
    parser.add_argument(
        "--directory", type=Path, default=Path(), help="of the run, as given to snakemake"
    )
    parser.add_argument("--json", action="store_true", help="for programs: JSON, with every job")
    parser.add_argument(
        "--exit-code",
        action="store_true",
        help="end with 0: everything is there; 1: a job failed (or the command did); "
        "3: snakemake is running; 4: something is missing, and nothing runs",
    )
