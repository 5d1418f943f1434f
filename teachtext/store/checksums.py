"""Checksums of all files of a folder, kept in the folder: what was written is what is read."""

import hashlib
import json
from pathlib import Path

CHECKSUMS = "checksums.json"
SMALL_BYTES = 1 << 20


def write_checksums(folder: Path) -> None:
    """Record size and SHA-256 of every file in the folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    entries = {
        str(path.relative_to(folder)): [path.stat().st_size, file_sha256(path)] for path in files
    }
    (folder / CHECKSUMS).write_text(json.dumps(entries, indent=0))


def check_quickly(folder: Path) -> None:
    """Compare the size of every file, and the content of small ones.

    What is left, the chunks of large arrays, has checksums that are compared when it is read.

    Raises:
        ValueError: a file differs.
        OSError: a file is missing.
    """
    for path, size, sha256 in _entries(folder):
        found = path.stat().st_size
        if found != size:
            raise ValueError(f"{path.relative_to(folder)} has {found} bytes instead of {size}")
        if size <= SMALL_BYTES:
            _compare(path, sha256)


def check_contents(folder: Path) -> None:
    """Compare every byte.

    Raises:
        ValueError: a file differs.
        OSError: a file is missing.
    """
    for path, _, sha256 in _entries(folder):
        _compare(path, sha256)


def _entries(folder: Path) -> list[tuple[Path, int, str]]:
    entries = json.loads((folder / CHECKSUMS).read_text())
    return [(folder / name, int(size), str(sha256)) for name, (size, sha256) in entries.items()]


def _compare(path: Path, sha256: str) -> None:
    if file_sha256(path) != sha256:
        raise ValueError(f"{path.name} is not what was written")


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
