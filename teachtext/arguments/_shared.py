"""Arguments, and types of arguments, that several stages share."""

import argparse
import importlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from teachtext.config.base import Settings
    from teachtext.tables.shards import Portion


def settings_json(section: str) -> "Callable[[str], Settings]":
    """An argument type: a JSON object with the keys of a section of config.yaml.

    Args:
        section: Section as ``module:class``, imported when there is something to check.
    """

    def parse(text: str) -> "Settings":
        from pydantic import ValidationError

        from teachtext.config.checks import first_problem

        module, _, name = section.partition(":")
        settings: type[Settings] = getattr(importlib.import_module(module), name)
        try:
            return settings.model_validate_json(text)
        except ValidationError as error:
            raise argparse.ArgumentTypeError(first_problem(error)) from None

    return parse


def add_directory(parser: argparse.ArgumentParser) -> None:
    """Add the folder of the data set."""
    parser.add_argument(
        "--directory",
        type=Path,
        default=Path(),
        help="folder of the data set, as given to snakemake (default: here)",
    )


def add_configfile(parser: argparse.ArgumentParser) -> None:
    """Add files that no run has read yet, for commands that look at what a run would do."""
    parser.add_argument(
        "--configfile",
        type=Path,
        nargs="+",
        default=[],
        help="laid over config.yaml, as given to snakemake (default: those of the last run)",
    )


def add_limits(parser: argparse.ArgumentParser) -> None:
    """Add what one process may use, and the number of processes."""
    parser.add_argument("--workers", type=int, required=True, help="processes at once")
    parser.add_argument("--timeout-seconds", type=float, required=True, help="per video")
    parser.add_argument("--memory-gb", type=float, required=True, help="per process")


def add_features(parser: argparse.ArgumentParser) -> None:
    """Add where the stores of experts are.

    A list of all stores would be longer than a command line can be.
    """
    parser.add_argument(
        "--features", type=named_path, nargs="+", required=True, help="EXPERT=FOLDER of stores"
    )
    add_shards(parser)


def add_shards(parser: argparse.ArgumentParser) -> None:
    """Add the number of shards of each portion of the videos."""
    parser.add_argument(
        "--shards",
        type=_shard_count,
        nargs="+",
        required=True,
        help="PORTION=NUMBER of shards; portions are trainval, test, and none, without captions",
    )


def add_failure_limit(parser: argparse.ArgumentParser) -> None:
    """Add how many videos may fail."""
    parser.add_argument(
        "--max-failed-fraction", type=float, required=True, help="of the videos; more stop the run"
    )


def add_captions(parser: argparse.ArgumentParser) -> None:
    """Add where the captions are, and how they are read."""
    parser.add_argument("--captions", type=Path, required=True, help="table of captions")
    parser.add_argument(
        "--paragraphs", action="store_true", help="all captions of a video are one query"
    )


def _shard_count(text: str) -> "tuple[Portion, int]":
    from teachtext.tables.shards import PORTIONS

    name, _, number = text.partition("=")
    for portion in PORTIONS:
        if name == portion and number.isdecimal() and int(number):
            return portion, int(number)
    raise argparse.ArgumentTypeError(f"{text!r} is not one of {', '.join(PORTIONS)}, =NUMBER")


def named_path(text: str) -> tuple[str, Path]:
    """An argument type: NAME=PATH."""
    from teachtext.config.base import NAME

    name, separator, path = text.partition("=")
    if not separator or not re.fullmatch(NAME, name) or not path:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=PATH")
    return name, Path(path)
