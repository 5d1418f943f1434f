"""Where a store is: a folder, or a URL that fsspec reads in place. Nothing of what it holds."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import fsspec
from fsspec.implementations.local import LocalFileSystem

from teachtext.files.urls import Place


def below(place: Place, *names: str) -> Place:
    """What is in a folder, under those names."""
    if isinstance(place, Path):
        return place.joinpath(*names)
    return "/".join((place.rstrip("/"), *names))


@contextmanager
def reading(place: Place) -> Iterator[None]:
    """Turn all that goes wrong behind a URL into an ``OSError``; errors of a path stay.

    Each kind of URL has a package that reads it, and each package has errors of its own.
    """
    try:
        yield
    except Exception as error:
        if isinstance(place, Path):
            raise
        raise OSError(f"{type(error).__name__}: {error}") from error


def names_in(place: Place) -> list[str]:
    """Names of what a folder holds, sorted; none if there is no folder.

    Raises:
        OSError: The folder cannot be read.
    """
    with reading(place):
        files = FolderFiles(place)
        try:
            found = files.system.ls(files.root, detail=False)
        except (FileNotFoundError, NotADirectoryError):
            return []
    return sorted(str(path).rstrip("/").rpartition("/")[2] for path in found)


class FolderFiles:
    """The files of a folder, wherever it is. Many are asked for at once, for each may be far.

    Raises:
        OSError: A file of a folder is missing, or cannot be read. What is raised for a URL, by all
            methods, depends on the package that reads it: see ``reading``.
    """

    def __init__(self, place: Place) -> None:
        self.system: Any
        # a path is not parsed: it may hold what means something in a URL
        if isinstance(place, Path):
            self.system, self.root = LocalFileSystem(), str(place)
        else:
            self.system, self.root = fsspec.url_to_fs(place)

    def _paths(self, names: list[str]) -> list[str]:
        return [f"{self.root.rstrip('/')}/{name}" for name in names]

    def sizes(self, names: list[str]) -> list[int]:
        """Bytes of each."""
        return [int(size) for size in self.system.sizes(self._paths(names))]

    def read(self, names: list[str]) -> list[bytes]:
        """All bytes of each, which should be small."""
        contents: list[bytes] = self.system.cat_ranges(
            self._paths(names), 0, None, on_error="raise"
        )
        return contents

    def open(self, name: str) -> Any:  # noqa: ANN401 - a binary file of any file system
        """Open one for reading its bytes."""
        return self.system.open(self._paths([name])[0], "rb")
