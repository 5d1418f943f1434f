"""What ``teachtext search`` is given."""

import argparse

from teachtext.arguments._shared import add_directory


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    parser.add_argument("query", help="words; after -- also such as begin with a hyphen")
    parser.add_argument("--model", required=True, help="name in config.yaml; it has an index")
    parser.add_argument("--seed", type=int, help="of the model (default: the first with an index)")
    parser.add_argument("--top", type=_positive, default=5, help="videos (default: %(default)s)")
    parser.add_argument("--split", help="only videos of it")
    parser.add_argument("--contains", default="", help="only videos whose id contains this")
    add_directory(parser)
    parser.add_argument("--json", action="store_true", help="for programs")


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return int(text)
