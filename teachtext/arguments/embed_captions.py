"""What ``teachtext embed-captions`` is given."""

import argparse
from pathlib import Path

from teachtext.arguments._shared import add_captions, settings_json


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    add_captions(parser)
    parser.add_argument(
        "--portion", choices=("trainval", "test"), required=True, help="of the captions"
    )
    parser.add_argument("--name", required=True, help="of the text encoder in config.yaml")
    parser.add_argument(
        "--settings",
        type=settings_json("teachtext.config.text:TextEncoderSettings"),
        required=True,
        help="the text encoder's entry in config.yaml, as JSON",
    )
    parser.add_argument("--threads", type=int, required=True, help="of the network")
    parser.add_argument(
        "--kept", type=Path, required=True, help="second name of the output, to reuse vectors from"
    )
    parser.add_argument("--output", type=Path, required=True, help="token vectors (Parquet)")
