"""Argument types that several stages share."""

import argparse
import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pyarrow as pa
from pydantic import ValidationError

from teachtext.config_loading import first_problem
from teachtext.dataset import Caption, read_captions, read_paragraphs
from teachtext.experts.ledger import check_failures
from teachtext.settings import NAME, Settings
from teachtext.store.tables import read_table
from teachtext.video.isolation import Limits

S = TypeVar("S", bound=Settings)


def settings_json(section: type[S]) -> Callable[[str], S]:
    """An argument type: a JSON object with the keys of a section of config.yaml."""

    def parse(text: str) -> S:
        try:
            return section.model_validate_json(text)
        except ValidationError as error:
            raise argparse.ArgumentTypeError(first_problem(error)) from None

    return parse


def add_limits(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that ``limits_of`` reads, and the number of processes."""
    parser.add_argument("--workers", type=int, required=True, help="processes at once")
    parser.add_argument("--timeout-seconds", type=float, required=True, help="per video")
    parser.add_argument("--memory-gb", type=float, required=True, help="per process")


def limits_of(args: argparse.Namespace) -> Limits:
    """What one process may use."""
    return Limits(args.timeout_seconds, int(args.memory_gb * 2**30))


def add_features(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that ``features_of`` reads.

    A list of all stores would be longer than a command line can be.
    """
    parser.add_argument(
        "--features", type=named_path, nargs="+", required=True, help="EXPERT=FOLDER of stores"
    )
    parser.add_argument("--shards", type=int, required=True, help="number of stores per expert")


def features_of(args: argparse.Namespace) -> dict[str, list[Path]]:
    """Expert -> its stores."""
    return {
        expert: [folder / f"{shard}.zarr" for shard in range(args.shards)]
        for expert, folder in args.features
    }


def add_failure_limit(parser: argparse.ArgumentParser) -> None:
    """Add the argument that ``refuse_failures`` reads."""
    parser.add_argument(
        "--max-failed-fraction", type=float, required=True, help="of the videos; more stop the run"
    )


def refuse_failures(args: argparse.Namespace) -> None:
    """Refuse features of which too many failed; the ledgers lie beside them.

    Raises:
        MediaError: More videos failed than allowed.
    """
    stores = [store for paths in features_of(args).values() for store in paths]
    columns = ["video_id", "status", "reason"]
    ledgers = [read_table(store.with_suffix(".parquet"), columns) for store in stores]
    check_failures(pa.concat_tables(ledgers), max_failed_fraction=args.max_failed_fraction)


def add_captions(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that ``captions_of`` reads."""
    parser.add_argument("--captions", type=Path, required=True, help="table of captions")
    parser.add_argument(
        "--paragraphs", action="store_true", help="all captions of a video are one query"
    )


def captions_of(args: argparse.Namespace) -> list[Caption]:
    """The captions, or the paragraphs that they make."""
    return read_paragraphs(args.captions) if args.paragraphs else read_captions(args.captions)


def named_path(text: str) -> tuple[str, Path]:
    """An argument type: NAME=PATH."""
    name, separator, path = text.partition("=")
    if not separator or not re.fullmatch(NAME, name) or not path:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=PATH")
    return name, Path(path)
