"""A benchmark's annotation files, found by their names. Files, folders and archives in, bytes out.

Members of archives are read from a folder that is gone thereafter.
"""

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from teachtext.errors import DatasetError
from teachtext.interop.archives import unpack_archive
from teachtext.interop.benchmarks.records import AnnotationFile, Benchmark, Need

ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
"""Ends of the names of archives."""
_SHOWN = 10
"""Names of other files that an error shows."""


def find_annotations(places: Sequence[Path], benchmark: Benchmark) -> dict[str, AnnotationFile]:
    """Find the annotation files of a benchmark.

    Args:
        places: Files, folders (searched recursively), and zip and tar archives.
        benchmark: Benchmark whose files are looked for.

    Returns:
        Name -> file, of the first alternative of each need that is complete, and of optional ones.

    Raises:
        DatasetError: A file is missing, cannot be read, or is there twice with other content; or
            an archive cannot be read or trusted.
    """
    wanted = {name for need in benchmark.needs for names in need for name in names}
    wanted.update(benchmark.optional)
    found: dict[str, list[AnnotationFile]] = {}
    others: list[str] = []
    for place in places:
        for where, path in _files(place, wanted):
            name = PurePosixPath(where).name
            if path and name in wanted:
                found.setdefault(name, []).append(AnnotationFile(name, where, _content(path)))
            else:
                others.append(name)
    chosen = [name for need in benchmark.needs for name in _choose(benchmark, need, found, others)]
    chosen += [name for name in benchmark.optional if name in found and name not in chosen]
    return {name: _only(found[name]) for name in chosen}


def _choose(
    benchmark: Benchmark, need: Need, found: Mapping[str, object], others: Iterable[str]
) -> tuple[str, ...]:
    for names in need:
        if all(name in found for name in names):
            return names
    there = [*sorted(found), *sorted(others)]
    more = f" and {len(there) - _SHOWN} more" if len(there) > _SHOWN else ""
    raise DatasetError(
        f"{benchmark.title} needs {', or '.join(' and '.join(names) for names in need)}; found: "
        f"{', '.join(there[:_SHOWN]) or 'nothing'}{more}. They are given out at {benchmark.origin}."
    )


def _only(files: list[AnnotationFile]) -> AnnotationFile:
    first, *others = files
    for other in others:
        if other.content != first.content:
            raise DatasetError(
                f"{first.place} and {other.place} have one name and differ. Give one of them."
            )
    return first


def _files(place: Path, wanted: set[str]) -> Iterator[tuple[str, Path | None]]:
    """Where each file is, and its path; None in an archive if it is not wanted."""
    if not place.exists():
        raise DatasetError(f"{place} does not exist. Give the benchmark's annotation files.")
    if place.is_dir():
        for folder, folders, names in os.walk(place):
            folders.sort()
            for path in (Path(folder, name) for name in sorted(names)):
                yield path.as_posix(), path
    elif place.name.lower().endswith(ARCHIVES):
        with tempfile.TemporaryDirectory() as scratch:
            inside = unpack_archive(
                place, Path(scratch), wanted=lambda name: PurePosixPath(name).name in wanted
            )
            for name, file in inside.items():
                yield f"{place.as_posix()}/{name}", file
    else:
        yield place.as_posix(), place


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DatasetError(f"Cannot read {path}: {error.strerror}. Give a file.") from None
