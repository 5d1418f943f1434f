"""What ``teachtext extract-expert`` is given."""

import argparse
from pathlib import Path

from teachtext.arguments._shared import settings_json


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    parser.add_argument(
        "--request",
        type=settings_json("teachtext.config.experts:ExpertRequest"),
        required=True,
        help="what is asked of the expert, as JSON",
    )
    parser.add_argument("--manifest", type=Path, required=True, help="of the shard (Parquet)")
    parser.add_argument("--media", type=Path, required=True, help="folder of decoded media")
    parser.add_argument("--work", type=Path, required=True, help="folder of finished videos")
    parser.add_argument("--threads", type=int, required=True, help="of the network")
    parser.add_argument("--ledger", type=Path, required=True, help="ledger to write (Parquet)")
    parser.add_argument("--output", type=Path, required=True, help="features to write (Zarr)")
