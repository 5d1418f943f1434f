"""What ``teachtext compare-models`` is given."""

import argparse

from teachtext.arguments._shared import add_directory


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    parser.add_argument("models", nargs="+", help="names in config.yaml")
    parser.add_argument("--against", required=True, help="the model they are compared with")
    add_directory(parser)
    parser.add_argument(
        "--samples", type=int, default=10_000, help="draws of the videos (default: %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=0, help="of these draws (default: %(default)s)")
