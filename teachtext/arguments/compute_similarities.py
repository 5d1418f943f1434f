"""What ``teachtext compute-similarities`` is given."""

import argparse
from pathlib import Path

from teachtext.arguments._shared import add_features


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    parser.add_argument("--model", type=Path, required=True, help="model directory")
    parser.add_argument("--tokens", type=Path, required=True, help="of embed-captions")
    add_features(parser)
    parser.add_argument("--threads", type=int, required=True, help="of torch")
    parser.add_argument("--output", type=Path, required=True, help="similarities (Parquet)")
