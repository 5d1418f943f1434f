"""Finding a video by what a table calls it. Names only; no file is opened."""

import posixpath
from collections.abc import Iterable, Mapping

from teachtext.interop.benchmarks.video_names import stem_of


class Lookup:
    """Videos by their ids, paths, file names and stems.

    Args:
        names: Paths of the videos as the table of videos writes them: relative ones count from the
            root.
        ids: Path of each video that has an id already.
        root: Absolute path of the folder.
    """

    def __init__(self, names: Iterable[str], ids: Mapping[str, str], root: str) -> None:
        self._ids, self._root = ids, root
        self._names = set(names)
        self._loose: dict[str, set[str]] = {}
        self._answers: dict[tuple[str, str], str | None] = {}
        for name in self._names:
            base = posixpath.basename(name)
            for key in {name, base, _stem(base), _stem(name)}:
                self._loose.setdefault(key.casefold(), set()).add(name)

    def find(self, value: str, folder: str = "") -> str | None:
        """The path of the video that is meant; None if there is none, or more than one.

        Args:
            value: Id, path, file name or stem.
            folder: Folder of the table that says so, relative to the root.
        """
        asked = value, folder
        if asked not in self._answers:  # a video may have many captions
            self._answers[asked] = self._find(value.strip(), folder)
        return self._answers[asked]

    def _find(self, value: str, folder: str) -> str | None:
        if not value or value in self._ids:
            return self._ids.get(value)
        path = posixpath.normpath(value.replace("\\", "/"))
        beside = posixpath.normpath(posixpath.join(folder, path))
        for place in (beside, path, path.removeprefix(f"{self._root}/")):
            if place in self._names:
                return place
        base = posixpath.basename(path)
        for key in (beside, path, base, stem_of(base) or base):
            found = self._loose.get(key.casefold(), ())
            if len(found) == 1:
                return next(iter(found))
        return None


def _stem(name: str) -> str:
    return posixpath.splitext(name)[0]
