"""What ``teachtext retry-failures`` is given."""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    parser.add_argument(
        "--results", type=Path, default=Path("results"), help="folder (default: %(default)s)"
    )
    parser.add_argument(
        "--video-id", nargs="+", help="only these (default: all that `list-failures` names)"
    )
