"""What ``teachtext finetune-text-encoder`` is given."""

import argparse
from pathlib import Path

from teachtext.arguments._shared import add_captions, settings_json


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    add_captions(parser)
    parser.add_argument("--name", required=True, help="of the text encoder in config.yaml")
    parser.add_argument(
        "--settings",
        type=settings_json("teachtext.config.text:TextSettings"),
        required=True,
        help="the text encoder's entry in config.yaml, with its finetune, as JSON",
    )
    parser.add_argument("--work", type=Path, required=True, help="folder of states to resume from")
    parser.add_argument("--output", type=Path, required=True, help="folder to write")
