"""A seal: the SHA-256 of a whole file, kept in that file. Standard library only; knows no format.

Who writes a file puts ``UNSEALED`` somewhere into it, where it stands as plain bytes, and nothing
that others have made stands behind it: as metadata of Parquet and safetensors, as the last value
of JSON, as the comment of an archive. Then ``seal`` puts the digest in the place of the zeros.
Whoever reads the file compares it first: a damaged footer can crash the library that reads it.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from teachtext.errors import StoreError

KEY = "seal"
"""The name of the entry, where it has one."""
_MARK = b"teachtext-sha256:"
_ZEROS = b"0" * 64
UNSEALED = (_MARK + _ZEROS).decode()
_HEAD_BYTES = 100 << 20
"""No header of safetensors is longer."""
_PART_BYTES = 1 << 20


def seal(path: Path) -> None:
    """Put the digest of a file into it.

    Raises:
        ValueError: There is no place for it.
    """
    with path.open("r+b") as stream:
        place = _place_of_digest(stream)
        digest = _digest(stream, place)
        stream.seek(place)
        stream.write(digest.encode())


def check_seal(stream: BinaryIO) -> str:
    """Compare every byte of a file with what was written; the stream is at its start afterwards.

    A GB takes about a second. Memory stays small.

    Returns:
        The digest, which tells the file from any other.

    Raises:
        ValueError: A byte differs, or the file was never sealed.
    """
    place = _place_of_digest(stream)
    stream.seek(place)
    written, found = stream.read(len(_ZEROS)), _digest(stream, place)
    if written != found.encode():
        raise ValueError("its bytes are not those that were written")
    stream.seek(0)
    return found


@contextmanager
def refusing_damage(path: Path, *, delete: Path | None = None) -> Iterator[None]:
    """Turn what goes wrong while a sealed file is read into a line that says what to do.

    Args:
        path: File that is read.
        delete: Path to delete so that a damaged file is made again; None for the file itself.

    Raises:
        StoreError: The file cannot be read, or is not what was written.
    """
    try:
        yield
    except (OSError, ValueError) as error:
        raise StoreError(
            f"Cannot read {path}: {' '.join(str(error).split())}. "
            f"Delete {delete or 'it'} and run snakemake again."
        ) from None


def _place_of_digest(stream: BinaryIO) -> int:
    """Its first byte: behind the last mark near the end, else behind the first in the head."""
    size = stream.seek(0, 2)
    tail = max(0, size - _PART_BYTES)
    stream.seek(tail)
    found = stream.read().rfind(_MARK)
    if found >= 0:
        return tail + found + len(_MARK)
    for begin in range(0, min(size, _HEAD_BYTES), _PART_BYTES):
        stream.seek(begin)
        found = stream.read(_PART_BYTES + len(_MARK)).find(_MARK)
        if found >= 0:
            return begin + found + len(_MARK)
    raise ValueError(
        "its end is missing, or another version of teachtext, or another program, wrote it"
    )


def _digest(stream: BinaryIO, place: int) -> str:
    """SHA-256 of all bytes, with zeros for the digest itself."""
    digest = hashlib.sha256()
    stream.seek(0)
    _update(digest, stream, place)
    digest.update(_ZEROS)
    stream.seek(place + len(_ZEROS))
    _update(digest, stream, None)
    return digest.hexdigest()


def _update(digest: "hashlib._Hash", stream: BinaryIO, count: int | None) -> None:
    """Add that many bytes of a stream; None: all that are left."""
    left = count
    while part := stream.read(_PART_BYTES if left is None else min(_PART_BYTES, left)):
        digest.update(part)
        left = None if left is None else left - len(part)
