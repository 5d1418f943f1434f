"""What ``teachtext compute-pareto`` is given."""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    parser.add_argument("--search", required=True, help="name in config.yaml")
    parser.add_argument(
        "--evaluations",
        type=Path,
        nargs="+",
        required=True,
        help="of what each level leaves, all seeds, with teachers and without",
    )
    parser.add_argument("--ledger", type=Path, required=True, help="of index-experts")
    parser.add_argument("--output", type=Path, required=True, help="the table (Parquet)")
