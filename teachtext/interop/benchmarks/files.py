"""A benchmark's annotation files, found by their names. Files, folders and archives in, bytes out.

Members of archives are read in memory, or from a folder that is gone thereafter.
"""

import os
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path, PurePosixPath

from teachtext.errors import DatasetError
from teachtext.interop.benchmarks.records import AnnotationFile, Benchmark, Need
from teachtext.interop.features.archives import UNREADABLE, most_bytes, unpack

Entry = tuple[str, Callable[[], bytes]]
"""Where a file is, and what reads it."""
ENCRYPTED = 1
"""Bit of a zip member's flags."""
SHOWN = 10
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
        for where, read in _entries(place, wanted):
            name = PurePosixPath(where).name
            if name in wanted:
                found.setdefault(name, []).append(AnnotationFile(name, where, read()))
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
    more = f" and {len(there) - SHOWN} more" if len(there) > SHOWN else ""
    raise DatasetError(
        f"{benchmark.title} needs {', or '.join(' and '.join(names) for names in need)}; found: "
        f"{', '.join(there[:SHOWN]) or 'nothing'}{more}. They are given out at {benchmark.origin}."
    )


def _only(files: list[AnnotationFile]) -> AnnotationFile:
    first, *others = files
    for other in others:
        if other.content != first.content:
            raise DatasetError(
                f"{first.place} and {other.place} have one name and differ. Give one of them."
            )
    return first


def _entries(place: Path, wanted: set[str]) -> Iterator[Entry]:
    if not place.exists():
        raise DatasetError(f"{place} does not exist. Give the benchmark's annotation files.")
    if place.is_dir():
        for folder, folders, names in os.walk(place):
            folders.sort()
            for path in (Path(folder, name) for name in sorted(names)):
                yield path.as_posix(), partial(_read_file, path)
    elif place.name.lower().endswith(".zip"):
        yield from _zip_entries(place)
    elif place.name.lower().endswith((".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")):
        yield from _tar_entries(place, wanted)
    else:
        yield place.as_posix(), partial(_read_file, place)


def _read_file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DatasetError(f"Cannot read {path}: {error.strerror}. Give a file.") from None


def _zip_entries(place: Path) -> Iterator[Entry]:
    try:
        archive = zipfile.ZipFile(place)
    except UNREADABLE as error:
        raise _unreadable(str(place), error) from None
    with archive:
        for member in archive.infolist():
            if not member.is_dir():
                where = f"{place.as_posix()}/{member.filename}"
                yield where, partial(_read_member, archive, member, where)


def _read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, where: str) -> bytes:
    if member.flag_bits & ENCRYPTED:
        raise DatasetError(f"{where} is encrypted. Give it unpacked.")
    most = most_bytes(member.compress_size)
    try:
        with archive.open(member) as stream:
            content = stream.read(most + 1)
    except UNREADABLE as error:
        raise _unreadable(where, error) from None
    if len(content) > most:
        raise DatasetError(
            f"{where} unpacks to more than {most >> 20} MB, as bombs do. Give it unpacked."
        )
    return content


def _tar_entries(place: Path, wanted: set[str]) -> Iterator[Entry]:
    with tempfile.TemporaryDirectory() as folder:
        unpacked = unpack(
            place, Path(folder), wanted=lambda name: PurePosixPath(name).name in wanted
        )
        for name, path in unpacked.items():
            yield f"{place.as_posix()}/{name}", path.read_bytes


def _unreadable(where: str, error: Exception) -> DatasetError:
    reason = " ".join(str(error).split()) or type(error).__name__
    return DatasetError(f"Cannot read {where}: {reason}. Give a whole file.")
