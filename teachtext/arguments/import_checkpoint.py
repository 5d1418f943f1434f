"""What ``teachtext import-checkpoint`` is given."""

import argparse
from pathlib import Path

from teachtext.arguments._shared import add_failure_limit, add_features, settings_json


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    parser.add_argument("--checkpoint", type=Path, required=True, help="trained_model.pth")
    parser.add_argument("--model", required=True, help="name in config.yaml")
    parser.add_argument("--tokens", type=Path, required=True, help="of its text encoder")
    add_features(parser)
    add_failure_limit(parser)
    parser.add_argument(
        "--architecture",
        type=settings_json("teachtext.config.models:ArchitectureSettings"),
        required=True,
        help="`models` of config.yaml, as JSON; all but max_rows is read off the checkpoint",
    )
    parser.add_argument("--output", type=Path, required=True, help="model directory to write")
