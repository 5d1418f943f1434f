"""What ``teachtext export`` is given."""

import argparse
from pathlib import Path

from teachtext.arguments._shared import add_directory
from teachtext.interop.hub import UNKNOWN


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    parser.add_argument("model", help="name in config.yaml; it is trained")
    parser.add_argument("output", type=Path, help="folder to write; must not be there yet")
    parser.add_argument("--seed", type=int, help="of the model (default: the first that is there)")
    add_directory(parser)
    parser.add_argument("--name", help="of the repository, ORG/NAME (default: the folder's)")
    parser.add_argument("--license", default=UNKNOWN, help="of the weights, such as apache-2.0")
    parser.add_argument("--data-license", default=UNKNOWN, help="of the data it was trained on")
    parser.add_argument("--description", default="", help="a few sentences for the page")
    parser.add_argument(
        "--evaluation",
        type=Path,
        help="metrics for the page (default: results/evaluate/MODEL/SEED.json, if it is there)",
    )
    parser.add_argument(
        "--text-checkpoint",
        help="where others find the text encoder: a hub id; needed if it is a folder of yours",
    )
