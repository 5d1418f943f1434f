"""A folder of finished items that survives a killed job, so that the next one goes on from there.

The job's outputs are assembled from it at the end. An item's name is a hash of everything that
decides its content: an item made for other settings is never found.
"""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from teachtext.atomic import replacing

Arrays = dict[str, NDArray[Any]]


class WorkDirectory:
    """Items of named arrays, each complete or not there at all."""

    def __init__(self, path: Path, settings: object) -> None:
        """Open or make it.

        Args:
            path: the folder.
            settings: JSON-able; all that decides the items' content beside their own key.
        """
        self.path = path
        self._settings = json.dumps(settings, sort_keys=True)
        path.mkdir(parents=True, exist_ok=True)

    def item(self, *key: str) -> Path:
        """Where the item of a key is, or shall be."""
        name = hashlib.sha256(json.dumps([self._settings, *key]).encode()).hexdigest()[:32]
        return self.path / f"{name}.npz"

    def has(self, *key: str) -> bool:
        """Whether the item of a key is finished."""
        return self.item(*key).exists()

    def save(self, arrays: Arrays, *key: str) -> None:
        """Keep an item."""
        save_item(self.item(*key), arrays)

    def load(self, *key: str) -> Arrays:
        """Read an item."""
        return load_item(self.item(*key))

    def remove(self) -> None:
        """Drop all items, once the outputs are assembled."""
        shutil.rmtree(self.path, ignore_errors=True)


def save_item(path: Path, arrays: Arrays) -> None:
    """Write an item; it appears complete or not at all."""
    with replacing(path) as temporary, temporary.open("wb") as stream:
        np.savez(stream, **arrays)  # type: ignore[arg-type]


def load_item(path: Path) -> Arrays:
    """Read an item; text is stored as UTF-8 bytes, so nothing is ever unpickled."""
    with np.load(path, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}
