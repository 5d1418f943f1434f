"""What ``teachtext remove`` is given."""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="as given to teachtext init")
    parser.add_argument(
        "videos", nargs="+", metavar="VIDEO", help="ids, or paths of files or folders"
    )
