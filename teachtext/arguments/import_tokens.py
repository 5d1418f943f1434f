"""What ``teachtext import-tokens`` is given."""

import argparse
from pathlib import Path

from teachtext.arguments._shared import add_captions


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    add_captions(parser)
    parser.add_argument(
        "--portion", choices=("trainval", "test"), required=True, help="of the captions"
    )
    parser.add_argument("--name", required=True, help="of the text encoder in config.yaml")
    parser.add_argument("--tokens", type=Path, required=True, help="of import-features (Parquet)")
    parser.add_argument("--max-tokens", type=int, required=True, help="longer captions are cut")
    parser.add_argument("--output", type=Path, required=True, help="token vectors (Parquet)")
