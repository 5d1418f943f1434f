"""Files of foreign origin that are damaged, of another kind or bombs: each is one line."""

import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from teachtext.errors import DatasetError

MOST_TIMES = 100
"""A file that unpacks to more than so many times its size is a bomb; features are near 1."""
MOST_ALWAYS = 64 << 20
"""Bytes that a small file may unpack to, whatever its size."""
UNREADABLE = (
    *(EOFError, MemoryError, OSError, RuntimeError),
    *(AttributeError, LookupError, TypeError, ValueError),
    *(lzma.LZMAError, struct.error, tarfile.TarError, zipfile.BadZipFile, zlib.error),
    pa.ArrowException,
)
"""What comes of damaged files, and of files of another kind."""


def unreadable(path: Path, error: Exception, advice: str) -> DatasetError:
    """What to say of a file that cannot be read.

    Args:
        path: File that was read.
        error: One of ``UNREADABLE``.
        advice: Sentence that says what to give instead.
    """
    reason = " ".join(str(error).split()) or type(error).__name__
    return DatasetError(f"Cannot read {path}: {reason}. {advice}")


@contextmanager
def readable(path: Path, advice: str) -> Iterator[None]:
    """Read a file in the block; what comes of its damage names it.

    Raises:
        DatasetError: The block raises one of ``UNREADABLE``.
    """
    try:
        yield
    except UNREADABLE as error:
        raise unreadable(path, error, advice) from None


def most_bytes(path: Path) -> int:
    """How much a file may unpack to."""
    return max(MOST_TIMES * path.stat().st_size, MOST_ALWAYS)


def refuse_bomb(path: Path, unpacked: int) -> None:
    """Refuse a file by what it says that it unpacks to.

    Args:
        path: File to unpack.
        unpacked: Bytes of all that is in it.

    Raises:
        DatasetError: It is more than ``most_bytes``.
    """
    if unpacked > most_bytes(path):
        raise DatasetError(
            f"{path} is refused: it unpacks to {unpacked >> 20} MB, as bombs do. Write it again."
        )
