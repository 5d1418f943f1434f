"""JSON that is written and read again, with a seal as its last value. Standard library only."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from teachtext.files.atomic import replacing
from teachtext.store.seals import KEY, UNSEALED, check_seal, refusing_damage, seal

if TYPE_CHECKING:
    from pydantic import ValidationError


def write_json(path: Path, values: Mapping[str, Any]) -> None:
    """Write values; the file appears complete or not at all."""
    with replacing(path) as temporary:
        text = json.dumps({**values, KEY: UNSEALED}, indent=2)
        temporary.write_text(text + "\n", encoding="utf-8")
        seal(temporary)


def read_json(path: Path, *, delete: Path | None = None) -> dict[str, Any]:
    """Read what ``write_json`` wrote; every byte is compared with what was written.

    Args:
        path: File to read.
        delete: Path to delete so that a damaged file is made again; None for the file itself.

    Raises:
        StoreError: Missing, damaged, or written by something else.
    """
    with refusing_damage(path, delete=delete), path.open("rb") as stream:
        check_seal(stream)
        values: dict[str, Any] = json.load(stream)
    del values[KEY]
    return values


def first_finding(error: "ValidationError") -> str:
    """What pydantic found first in a record that something else wrote, and where."""
    problem = error.errors(include_url=False)[0]
    return f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}"
