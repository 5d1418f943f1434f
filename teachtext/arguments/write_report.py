"""What ``teachtext write-report`` is given."""

import argparse
import json
from pathlib import Path
from typing import Any

from teachtext.arguments._shared import settings_json


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    add = parser.add_argument
    add("--title", required=True, help="heading of the page")
    add("--evaluations", type=Path, nargs="*", required=True, help="of evaluate-model; may be none")
    add("--models", type=Path, nargs="*", required=True, help="directories of the same models")
    add("--manifest", type=Path, help="manifest of the videos; default: there are no videos")
    add("--ledger", type=Path, required=True, help="which expert could read which video")
    add("--captions", type=Path, help="table of captions; default: there are none")
    add("--denoise", type=Path, nargs="*", required=True, help="denoised captions, may be none")
    add("--reviews", type=Path, nargs="*", required=True, help="captions to review, may be none")
    add("--searches", type=Path, nargs="*", required=True, help="Pareto tables, may be none")
    published = settings_json("teachtext.config.report:PublishedSettings")
    add("--published", type=published, help="JSON; default: no such section")
    add("--queries", type=int, required=True, help="test queries to show")
    add("--results-per-query", type=int, required=True, help="videos to show for each")
    add("--seed", type=int, required=True, help="chooses the queries")
    add("--heat-map", type=int, required=True, help="captions in a heat map of similarities")
    add("--config", type=_json_object, required=True, help="all of config.yaml, as JSON")
    add("--bootstrap-samples", type=int, required=True, help="draws of as many test videos")
    add("--bootstrap-seed", type=int, required=True, help="draws them")
    add("--output", type=Path, required=True, help="the HTML page")


def _json_object(text: str) -> dict[str, Any]:
    values = json.loads(text)
    if not isinstance(values, dict):
        raise argparse.ArgumentTypeError("it must be a JSON object")
    return values
