"""A folder of finished items that survives a killed job, so that the next one goes on from there.

The job's outputs are assembled from it at the end. An item's name is a hash of everything that
decides its content: an item made for other settings is never found.
"""

import shutil
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from teachtext.files.atomic import replacing
from teachtext.store.seals import UNSEALED, check_seal, seal

Arrays = dict[str, NDArray[Any]]


class WorkDirectory:
    """Items of named arrays by key, each complete or not there at all."""

    def __init__(self, path: Path) -> None:
        """Open or make it."""
        self.path = path
        path.mkdir(parents=True, exist_ok=True)

    def save(self, key: str, arrays: Arrays) -> None:
        """Keep an item."""
        with replacing(self._item(key)) as temporary:
            with temporary.open("wb") as stream:
                np.savez(stream, **arrays)  # type: ignore[arg-type]
            with zipfile.ZipFile(temporary, "a") as archive:
                archive.comment = UNSEALED.encode()
            seal(temporary)

    def within(self, name: str) -> "WorkDirectory":
        """A folder in this one, for items that must not be taken for others."""
        return WorkDirectory(self.path / name)

    def drop(self, key: str) -> None:
        """Let an item count as not made."""
        self._item(key).unlink(missing_ok=True)

    def find(self, key: str) -> Arrays | None:
        """Read an item; None if it is not there, or not all of it as it was written.

        Text is stored as UTF-8 bytes, so nothing is ever unpickled.
        """
        try:
            with self._item(key).open("rb") as stream:
                check_seal(stream)
                with np.load(stream, allow_pickle=False) as archive:
                    return {name: archive[name] for name in archive.files}
        except (FileNotFoundError, ValueError):
            return None

    def remove(self) -> None:
        """Drop all items, once the outputs are assembled."""
        shutil.rmtree(self.path, ignore_errors=True)

    def _item(self, key: str) -> Path:
        return self.path / f"{key}.npz"
