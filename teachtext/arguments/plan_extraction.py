"""What ``teachtext plan-extraction`` is given."""

import argparse

from teachtext.arguments._shared import add_configfile, add_directory


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    add_directory(parser)
    add_configfile(parser)
    parser.add_argument("--cores", type=int, required=True, help="of the run")
    parser.add_argument("--sample", type=int, default=20, help="videos to try (default: 20)")
    parser.add_argument("--seed", type=int, default=0, help="draws them (default: 0)")
