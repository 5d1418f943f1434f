"""What train-teacher, train-student and train-pruned are given: they are one trainer."""

import argparse
from pathlib import Path

from teachtext.arguments._shared import add_failure_limit, add_features, settings_json


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    parser.add_argument("--model", required=True, help="name in config.yaml")
    parser.add_argument("--seed", type=int, required=True, help="decides weights and batches")
    parser.add_argument("--tokens", type=Path, required=True, help="of embed-captions")
    add_features(parser)
    add_failure_limit(parser)
    parser.add_argument(
        "--teachers",
        type=Path,
        nargs="*",
        required=True,
        help="similarities of the models it learns from; may be none",
    )
    parser.add_argument("--captions", type=Path, help="of denoise-captions; default: all captions")
    parser.add_argument(
        "--architecture",
        type=settings_json("teachtext.config.models:ArchitectureSettings"),
        required=True,
        help="`models` of config.yaml, as JSON",
    )
    parser.add_argument(
        "--training",
        type=settings_json("teachtext.config.training:TrainingSettings"),
        required=True,
        help="`training` of config.yaml, as JSON",
    )
    parser.add_argument("--work", type=Path, required=True, help="folder of states to resume from")
    parser.add_argument("--events", type=Path, required=True, help="folder for TensorBoard")
    parser.add_argument("--output", type=Path, required=True, help="model directory to write")
