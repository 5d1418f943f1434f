"""Checksums of all files of a folder, kept in the folder: what was written is what is read."""

import hashlib
import json
from collections.abc import Collection
from pathlib import Path

from teachtext.errors import StoreError
from teachtext.files.hashing import file_sha256
from teachtext.files.urls import Place
from teachtext.store.locations import FolderFiles

CHECKSUMS = "checksums.json"
SMALL_BYTES = 1 << 20


def write_checksums(folder: Path, names: Collection[str] | None = None) -> None:
    """Record size and SHA-256 of files in the folder.

    Args:
        folder: Folder of the files.
        names: Names of the files to record; None for every file.
    """
    paths = folder.rglob("*") if names is None else [folder / name for name in names]
    files = sorted(path for path in paths if path.is_file() and path.name != CHECKSUMS)
    entries = {
        str(path.relative_to(folder)): [path.stat().st_size, file_sha256(path)] for path in files
    }
    (folder / CHECKSUMS).write_text(json.dumps(entries, indent=0))


def check_quickly(place: Place) -> str:
    """Compare the size of every file, and the content of small ones.

    What is left, the chunks of large arrays, has checksums that are compared when it is read.

    Returns:
        What ``folder_sha256`` gives.

    Raises:
        ValueError: A file differs.
        OSError: A file is missing.
    """
    files = FolderFiles(place)
    checksums = _content(files)
    entries = _entries(checksums)
    for (name, (size, _)), found in zip(entries.items(), files.sizes(list(entries)), strict=True):
        if found != size:
            raise ValueError(f"{name} has {found} bytes instead of {size}")
    small = [name for name, (size, _) in entries.items() if size <= SMALL_BYTES]
    for name, content in zip(small, files.read(small), strict=True):
        _compare(name, hashlib.sha256(content).hexdigest(), entries[name][1])
    return hashlib.sha256(checksums).hexdigest()


def check_contents(place: Place, names: Collection[str] | None = None) -> None:
    """Compare every byte; a GB takes about a second.

    Args:
        place: Folder to check.
        names: Names of the files to compare; None for all that have checksums.

    Raises:
        ValueError: A file differs, or has no checksum.
        OSError: A file is missing.
    """
    files = FolderFiles(place)
    entries = _entries(_content(files))
    for name in entries if names is None else names:
        if name not in entries:
            raise ValueError(f"{name} has no checksum")
        with files.open(name) as stream:
            _compare(name, hashlib.file_digest(stream, "sha256").hexdigest(), entries[name][1])


def require_whole(folder: Path) -> None:
    """Compare every byte of a folder that a run has made.

    Raises:
        StoreError: It is damaged.
    """
    try:
        check_contents(folder)
    except (OSError, TypeError, ValueError) as error:
        raise StoreError(
            f"{folder} is damaged ({' '.join(str(error).split())}). "
            "Delete it and run snakemake again."
        ) from None


def folder_sha256(place: Place) -> str:
    """What tells a folder from one with other contents: the digest of its checksums.

    Raises:
        OSError: It has none.
    """
    return hashlib.sha256(_content(FolderFiles(place))).hexdigest()


def _content(files: FolderFiles) -> bytes:
    (content,) = files.read([CHECKSUMS])
    return content


def _entries(content: bytes) -> dict[str, tuple[int, str]]:
    """Name -> its size and SHA-256."""
    return {name: (int(size), str(sha256)) for name, (size, sha256) in json.loads(content).items()}


def _compare(name: str, found: str, sha256: str) -> None:
    if found != sha256:
        raise ValueError(f"{name} is not what was written")
