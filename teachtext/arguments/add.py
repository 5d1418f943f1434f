"""What ``teachtext add`` is given."""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="as given to teachtext init")
    parser.add_argument(
        "paths", type=Path, nargs="+", metavar="PATH", help="videos, or folders; inside or outside"
    )
