"""What ``teachtext build-index`` is given."""

import argparse
from pathlib import Path

from teachtext.arguments._shared import add_features, settings_json


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    parser.add_argument("--model", type=Path, required=True, help="model directory")
    parser.add_argument(
        "--tokens", type=Path, nargs="+", required=True, help="of embed-captions, trainval first"
    )
    add_features(parser)
    parser.add_argument("--manifest", type=Path, help="of the videos, where there are any")
    parser.add_argument(
        "--text-encoder",
        type=settings_json("teachtext.config.text:TextEncoderSettings"),
        help="what embeds queries, as JSON; none where token vectors are made elsewhere",
    )
    parser.add_argument(
        "--settings",
        type=settings_json("teachtext.config.search:SearchSettings"),
        required=True,
        help="`search` of config.yaml, as JSON",
    )
    parser.add_argument("--threads", type=int, required=True, help="of torch")
    parser.add_argument("--output", type=Path, required=True, help="index to write")
