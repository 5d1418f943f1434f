"""What ``teachtext retry-failures`` is given."""

import argparse

from teachtext.arguments._shared import add_directory


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    add_directory(parser)
    parser.add_argument(
        "--video-id", nargs="+", help="only these (default: all that `list-failures` names)"
    )
