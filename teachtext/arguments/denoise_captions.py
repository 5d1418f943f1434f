"""What ``teachtext denoise-captions`` is given."""

import argparse
from pathlib import Path

from teachtext.arguments._shared import add_captions, settings_json


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    parser.add_argument("--similarities", type=Path, nargs="+", required=True, help="of teachers")
    add_captions(parser)
    parser.add_argument("--name", required=True, help="of the caption set in config.yaml")
    parser.add_argument("--seed", type=int, required=True, help="of the teachers")
    parser.add_argument(
        "--settings",
        type=settings_json("teachtext.config.models:DenoiseSettings"),
        required=True,
        help="the set's entry in config.yaml, as JSON",
    )
    parser.add_argument("--output", type=Path, required=True, help="verdicts (Parquet)")
