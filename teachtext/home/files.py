"""What became of the files of a table: gone, moved, or no videos. Reads headers alone."""

import os
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path, PurePosixPath

from teachtext.home.kept import Row
from teachtext.home.survey import Survey, name_of
from teachtext.interop.benchmarks.holding_out import by_hash
from teachtext.video.headers import HeaderLengths, read_header_lengths

_MOST_SECONDS, _MOST_WORKERS = 10.0, 4
"""Time and processes for reading headers."""


def gone_files(videos: Iterable[Row], survey: Survey, root: Path) -> set[str]:
    """Paths of the table whose files are not there; one that cannot be looked at may be.

    Args:
        videos: Rows of the table of videos.
        survey: What the folder holds.
        root: Absolute path of the folder.
    """
    there = {name_of(path, root) for path in survey.videos}
    waiting = {row["path"] for row in videos} - there
    return {name for name in waiting if _is_missing(root / name)}


def moved_files(
    gone: Iterable[str], sizes: Mapping[str, int], new: Mapping[str, int]
) -> dict[str, str]:
    """Path of the table -> where its file is now: one of the same name and size, and the only one.

    Args:
        gone: Paths whose files are not there.
        sizes: Sizes in bytes of the files of the table, when they were last seen.
        new: Sizes in bytes of the files that are in no table.
    """
    before = {name: (PurePosixPath(name).name, sizes.get(name, -1)) for name in gone}
    now = {name: (PurePosixPath(name).name, size) for name, size in new.items()}
    alike = Counter([*set(now.values()), *now.values(), *before.values()])
    only = {key: name for name, key in now.items() if alike[key] == 3}
    return {name: only[key] for name, key in before.items() if key in only}


def read_lengths(survey: Survey, known: Collection[str], root: Path) -> HeaderLengths:
    """Read headers, of new files first; what is no video is taken out of the survey.

    Args:
        survey: What the folder holds; receives remarks.
        known: Paths of the table, which stay in any case.
        root: Absolute path of the folder.
    """
    by_name = {name_of(path, root): path for path in survey.videos}
    order = sorted(by_hash(by_name), key=known.__contains__)
    lengths = read_header_lengths(
        [by_name[name] for name in order],
        workers=min(_MOST_WORKERS, usable_cores()),
        most_seconds=_MOST_SECONDS,
    )
    for path, problem in lengths.problems.items():
        if name_of(path, root) in known:
            survey.remarks.add(f"videos that cannot be read now ({problem})", name_of(path, root))
            continue
        survey.remarks.add(f"files left out ({problem})", name_of(path, root))
        del survey.videos[path]
    return lengths


def usable_cores() -> int:
    """Number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _is_missing(path: Path) -> bool:
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False
