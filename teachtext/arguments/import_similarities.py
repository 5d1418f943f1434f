"""What ``teachtext import-similarities`` is given."""

import argparse
from pathlib import Path

from teachtext.arguments._shared import add_captions


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    parser.add_argument("--similarities", type=Path, required=True, help="made elsewhere (Parquet)")
    add_captions(parser)
    parser.add_argument("--model", required=True, help="name in config.yaml")
    parser.add_argument("--seed", type=int, required=True, help="of the models it will teach")
    parser.add_argument("--output", type=Path, required=True, help="similarities (Parquet)")
