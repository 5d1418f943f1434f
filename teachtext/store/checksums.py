"""Checksums of all files of a folder, kept in the folder: what was written is what is read."""

import hashlib
import json
from pathlib import Path

from teachtext.store.places import Files, Place

CHECKSUMS = "checksums.json"
SMALL_BYTES = 1 << 20


def write_checksums(folder: Path) -> None:
    """Record size and SHA-256 of every file in the folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    entries = {
        str(path.relative_to(folder)): [path.stat().st_size, file_sha256(path)] for path in files
    }
    (folder / CHECKSUMS).write_text(json.dumps(entries, indent=0))


def check_quickly(place: Place) -> None:
    """Compare the size of every file, and the content of small ones.

    What is left, the chunks of large arrays, has checksums that are compared when it is read.

    Raises:
        ValueError: a file differs.
        OSError: a file is missing.
    """
    files = Files(place)
    entries = _entries(files)
    for (name, (size, _)), found in zip(entries.items(), files.sizes(list(entries)), strict=True):
        if found != size:
            raise ValueError(f"{name} has {found} bytes instead of {size}")
    small = [name for name, (size, _) in entries.items() if size <= SMALL_BYTES]
    for name, content in zip(small, files.read(small), strict=True):
        _compare(name, hashlib.sha256(content).hexdigest(), entries[name][1])


def check_contents(place: Place) -> None:
    """Compare every byte.

    Raises:
        ValueError: a file differs.
        OSError: a file is missing.
    """
    files = Files(place)
    for name, (_, sha256) in _entries(files).items():
        with files.open(name) as stream:
            _compare(name, hashlib.file_digest(stream, "sha256").hexdigest(), sha256)


def folder_sha256(place: Place) -> str:
    """SHA-256 of a folder's checksums: equal ones are of equal files.

    Raises:
        OSError: it has none.
    """
    (content,) = Files(place).read([CHECKSUMS])
    return hashlib.sha256(content).hexdigest()


def _entries(files: Files) -> dict[str, tuple[int, str]]:
    """Name -> its size and SHA-256."""
    (content,) = files.read([CHECKSUMS])
    return {name: (int(size), str(sha256)) for name, (size, sha256) in json.loads(content).items()}


def _compare(name: str, found: str, sha256: str) -> None:
    if found != sha256:
        raise ValueError(f"{name} is not what was written")


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
