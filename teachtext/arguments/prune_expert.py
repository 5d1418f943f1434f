"""What ``teachtext prune-expert`` is given."""

import argparse
from pathlib import Path

from teachtext.arguments._shared import add_features


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    parser.add_argument("--search", required=True, help="name in config.yaml")
    parser.add_argument("--level", type=int, required=True, help="experts dropped, with this one")
    parser.add_argument(
        "--models", type=Path, nargs="+", required=True, help="all seeds without each expert"
    )
    add_features(parser)
    parser.add_argument("--output", type=Path, required=True, help="the decision (JSON)")
