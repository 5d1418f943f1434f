"""What ``teachtext plan`` is given."""

import argparse

from teachtext.arguments._shared import add_configfile, add_directory


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    add_directory(parser)
    add_configfile(parser)
    parser.add_argument("--cores", type=_positive, required=True, help="of the run")
    parser.add_argument("--sample", type=_positive, default=20, help="videos to try (default: 20)")
    parser.add_argument("--seed", type=int, default=0, help="draws them (default: 0)")


def _positive(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)
