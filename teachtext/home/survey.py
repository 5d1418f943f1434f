"""What lies in a folder: videos, texts beside them, tables and the rest."""

import filecmp
import os
import re
import stat
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from teachtext.interop.benchmarks.video_names import EXTENSIONS, stem_of
from teachtext.interop.encodings import is_text
from teachtext.interop.given_tables import TABLE_READERS
from teachtext.interop.remarks import Remarks

OWN = ("videos.csv", "captions.csv", "config.yaml")
"""Files that `teachtext init` keeps in the folder."""
SIDECARS = {".txt": "txt", ".srt": "srt", ".vtt": "vtt"}
"""Suffix of a text beside a video -> its kind."""
OF_RUNS = ("results", "logs")
"""Folders that a run makes beside `.snakemake`."""
_TRANSPORT = {".ts": 0, ".mts": 4, ".m2ts": 4}
"""Where the sync byte of these is; other files have these suffixes too, such as TypeScript."""
_LANGUAGE = re.compile(r"\.[A-Za-z]{2,3}(-\w+)?$")
"""Of subtitles, such as `x.en.srt`."""
_SYNC = b"\x47"


@dataclass
class Survey:
    """What a folder holds.

    Attributes:
        videos: Size of each video file in bytes, by its path.
        sidecars: Kind of text -> video file -> texts beside it.
        tables: Paths of files that may hold captions, those near the top first.
        others: Number of other files by suffix.
        remarks: Paths of what is odd.
    """

    videos: dict[Path, int] = field(default_factory=dict)
    sidecars: dict[str, dict[Path, list[Path]]] = field(default_factory=dict)
    tables: list[str] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)
    remarks: Remarks = field(default_factory=Remarks)

    def look_at(self, folder: Path, names: list[str]) -> None:
        """Sort the files of one folder."""
        of_stem: dict[str, list[Path]] = {}
        for name in sorted(names):
            stem = stem_of(name) if _suffix(name) in EXTENSIONS else None
            if stem is not None and self._is_video(Path(folder, name)):
                for key in (stem, name):  # `x.txt` and `x.mp4.txt` are beside `x.mp4`
                    of_stem.setdefault(key, []).append(Path(folder, name))
        for name in sorted({*names} - of_stem.keys()):
            suffix = _suffix(name)
            stem = name[: len(name) - len(suffix)]
            videos = of_stem.get(stem) or of_stem.get(_LANGUAGE.sub("", stem), [])
            if suffix in TABLE_READERS and not videos:
                self.tables.append(f"{folder}/{name}")
            elif videos and suffix in SIDECARS:
                of_kind = self.sidecars.setdefault(SIDECARS[suffix], {})
                for video in videos:
                    of_kind.setdefault(video, []).append(Path(folder, name))
            else:
                self.others[suffix or "no suffix"] += 1

    def include(self, other: "Survey") -> None:
        """Add the videos of another folder, and the texts beside them."""
        self.videos |= other.videos
        for kind, files in other.sidecars.items():
            self.sidecars.setdefault(kind, {}).update(files)
        for what, about in other.remarks.items():
            self.remarks.setdefault(what, []).extend(about)

    def _is_video(self, path: Path) -> bool:
        try:
            status = path.stat()
            if not _has_pictures(path, status):
                return False
        except OSError as error:
            self.remarks.add(f"files that cannot be read ({error.strerror})", str(path))
            return False
        if not status.st_size:
            self.remarks.add("empty files", str(path))
            return False
        self.videos[path] = status.st_size
        return True


def name_of(path: Path, root: Path) -> str:
    """How the table of videos writes a path: relative to the folder if it is inside.

    Args:
        path: Absolute path.
        root: Absolute path of the folder.
    """
    return str(path).removeprefix(f"{root}/")  # as text: there may be a million


def survey_folder(root: Path) -> Survey:
    """Look at all files below a folder.

    Hidden files and what a run made are left alone. Links to folders are followed after all real
    folders, each folder once, and never to one that the search is in.

    Args:
        root: Folder to search.
    """
    survey = Survey()
    seen: set[tuple[int, int]] = set()
    waiting = [root]
    while waiting:
        links = []
        for folder, names, linked in _walk(waiting.pop(0), survey.remarks, seen):
            own = OWN if folder == root else ()
            survey.look_at(folder, [name for name in names if name not in own])
            links += linked
        waiting += [link for link in links if _leads_on(link, root, survey.remarks)]
    survey.tables.sort(key=lambda path: (path.count("/"), path))
    return survey


def same_content(videos: dict[Path, int]) -> dict[Path, Path]:
    """File -> the first file in order of the paths that has the same bytes, if it is another.

    Args:
        videos: Size of each file in bytes.
    """
    by_size: dict[int, list[Path]] = {}
    for path in sorted(videos):
        by_size.setdefault(videos[path], []).append(path)
    same: dict[Path, Path] = {}
    for paths in by_size.values():
        firsts: dict[bytes, list[Path]] = {}
        for path in paths if len(paths) > 1 else []:
            alike = firsts.setdefault(_beginning(path), [])
            first = next((one for one in alike if _equal(one, path)), None)
            if first is None:
                alike.append(path)
            else:
                same[path] = first
    return same


def _walk(
    root: Path, remarks: Remarks, seen: set[tuple[int, int]]
) -> Iterator[tuple[Path, list[str], list[Path]]]:
    """Each folder, its files, and the links to folders in it."""

    def cannot_read(error: OSError) -> None:
        remarks.add(f"folders that cannot be read ({error.strerror})", str(error.filename))

    for place, folders, names in os.walk(root, onerror=cannot_read):
        status = os.stat(place)  # noqa: PTH116 - of a text, as os.walk gives it
        if (status.st_dev, status.st_ino) in seen:
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        mine = OF_RUNS if ".snakemake" in folders else ()
        there = [name for name in folders if name[0] != "." and name not in mine]
        links = [Path(place, name) for name in there if Path(place, name).is_symlink()]
        folders[:] = sorted(name for name in there if Path(place, name) not in links)
        for name in [*names, *folders]:
            if not is_text(name):
                remarks.add("files or folders whose names are no text", ascii(f"{place}/{name}"))
        folders[:] = filter(is_text, folders)
        yield Path(place), [name for name in names if name[0] != "." and is_text(name)], links


def _leads_on(link: Path, root: Path, remarks: Remarks) -> bool:
    if root.resolve().is_relative_to(link.resolve()):
        remarks.add("links to a folder that they are in, not followed", str(link))
        return False
    return True


def _has_pictures(path: Path, status: os.stat_result) -> bool:
    if not stat.S_ISREG(status.st_mode):
        return False
    at = _TRANSPORT.get(path.suffix.lower())
    if at is None:
        return True
    with path.open("rb") as stream:
        return stream.read(at + 1)[at:] == _SYNC


def _suffix(name: str) -> str:
    """As of a path, but there may be a million names."""
    dot = name.rfind(".")
    return name[dot:].lower() if dot > 0 else ""


def _beginning(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(1 << 16)
    except OSError:
        return os.fsencode(path)  # the survey's caller finds out when it reads its header


def _equal(one: Path, other: Path) -> bool:
    try:
        return filecmp.cmp(one, other, shallow=False)
    except OSError:
        return False
