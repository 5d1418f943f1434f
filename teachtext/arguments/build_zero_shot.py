"""What ``teachtext build-zero-shot`` is given."""

import argparse
from pathlib import Path

from teachtext.arguments._shared import add_failure_limit, add_features


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    parser.add_argument("--model", required=True, help="name in config.yaml")
    parser.add_argument("--tokens", type=Path, required=True, help="of embed-captions")
    add_features(parser)
    add_failure_limit(parser)
    parser.add_argument("--output", type=Path, required=True, help="model directory to write")
