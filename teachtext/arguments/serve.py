"""What ``teachtext serve`` is given."""

import argparse

from teachtext.arguments._shared import add_directory

MAX_PORT = 65_535


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    parser.add_argument(
        "--models", nargs="+", metavar="MODEL", help="that have an index (default: all of them)"
    )
    parser.add_argument("--seed", type=int, help="of the models (default: the first of each)")
    add_directory(parser)
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        help="address to listen at; with another, other machines can search (default: %(default)s)",
    )
    parser.add_argument(
        "--port", type=_port, default=8000, help="0: any that is free (default: %(default)s)"
    )


def _port(text: str) -> int:
    # the system would take a larger one as another
    if not text.isdecimal() or int(text) > MAX_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 to {MAX_PORT}")
    return int(text)
