"""What a run leaves beside its results about itself: its configuration, and how it was started."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from teachtext.config.base import Settings
from teachtext.errors import StoreError
from teachtext.files.atomic import replacing

REMEMBERED = "run.json"
"""File in the folder of the results."""


class RememberedRun(Settings):
    """The last run that wrote into a folder of results.

    Attributes:
        config: Configuration as it was laid over each other: section -> keys.
        overlays: Absolute paths of the files that were given with ``--configfile``.
        snakefile: Absolute path of the Snakefile.
        typed_in: Folder that paths are shown from in messages of its jobs.
        options: Further words of the command that a later one needs, too, such as ``--cores 8``.
    """

    config: dict[str, Any]
    overlays: tuple[str, ...]
    snakefile: str
    typed_in: str
    options: tuple[str, ...]


def remember(results: Path, run: RememberedRun) -> None:
    """Write down a run that begins."""
    with replacing(results / REMEMBERED) as temporary:
        temporary.write_text(run.model_dump_json(indent=2) + "\n", encoding="utf-8")


def recall(results: Path) -> RememberedRun | None:
    """The run that wrote these results; None: nobody has, or none that was written down.

    Raises:
        StoreError: What is there is damaged.
    """
    path = results / REMEMBERED
    try:
        return RememberedRun.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError):
        raise StoreError(f"{path} is damaged. Delete it: the next run writes it again.") from None


def options_to_keep(words: Sequence[str]) -> tuple[str, ...]:
    """Words of a snakemake command that a later command in the same folder needs, too.

    >>> options_to_keep(["results/x", "-c4", "-n", "--use-conda", "--directory", "d"])
    ('--cores', '4', '--use-conda')
    """
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    parser.add_argument("--cores", "-c", nargs="?", const="all")
    parser.add_argument("--use-conda", action="store_const", const=())
    parser.add_argument("--jobs", "-j")
    parser.add_argument("--workflow-profile")
    parser.add_argument("--profile")
    parser.add_argument("--config", "-C", nargs="*")
    try:
        found, _ = parser.parse_known_args(list(words))
    except argparse.ArgumentError:
        return ()
    kept: list[str] = []
    for name, value in vars(found).items():
        if value is not None:
            values = [value] if isinstance(value, str) else list(value)
            kept += [f"--{name.replace('_', '-')}", *values]
    return tuple(kept)
