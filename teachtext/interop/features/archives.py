"""Tar archives of foreign origin, unpacked so that they can do no harm. Files in, files out."""

import bz2
import errno
import gzip
import io
import logging
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from teachtext.errors import DatasetError
from teachtext.runtime.progress import Progress

log = logging.getLogger(__name__)

MOST_TIMES = 100
"""An archive that unpacks to more than so many times its size is a bomb; features are near 1."""
MOST_ALWAYS = 64 << 20
"""Bytes that a small archive may unpack to, whatever its size."""
COMPRESSIONS: dict[bytes, Callable[[BinaryIO], io.IOBase]] = {
    b"\x1f\x8b": lambda raw: gzip.GzipFile(fileobj=raw),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\x00": lzma.LZMAFile,
}
"""First bytes of a compressed archive -> how it is read."""
UNREADABLE = (
    EOFError,
    KeyError,
    MemoryError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    lzma.LZMAError,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
)
"""What comes of damaged files, and of files of another kind."""


def most_bytes(compressed: int) -> int:
    """How much a file of that many bytes may unpack to."""
    return max(MOST_TIMES * compressed, MOST_ALWAYS)


def unpack(archive: Path, folder: Path, *, wanted: Callable[[str], bool]) -> dict[str, Path]:
    """Unpack some files of a tar archive.

    Args:
        archive: Tar archive, uncompressed or compressed with gzip, bzip2 or xz.
        folder: Folder to unpack to; the files in it are named by numbers.
        wanted: Predicate on the name of a member; True to unpack it.

    Returns:
        Name in the archive -> file, in the archive's order.

    Raises:
        DatasetError: The archive is damaged, a bomb, or has a member that is neither folder nor
            file, or whose name leads out of the archive; whether wanted or not.
    """
    found: dict[str, Path] = {}
    try:
        with archive.open("rb") as raw, _progress(archive) as progress:
            stream = _Limited(_decompressed(raw), most_bytes(archive.stat().st_size), raw, progress)
            with tarfile.open(fileobj=cast("BinaryIO", stream), mode="r|") as tar:
                for member in tar:
                    name = _checked(member)
                    if member.isfile() and wanted(name):
                        path = folder / f"{len(found)}{PurePosixPath(name).suffix}"
                        _copy(tar, member, path)
                        found[name] = path
    except _RefusedError as error:
        raise DatasetError(f"{archive} is refused: {error}. Nothing of it is used.") from None
    except UNREADABLE as error:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise OSError(error.errno, error.strerror, str(folder)) from None
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DatasetError(f"Cannot read {archive}: {reason}. Give a whole tar archive.") from None
    return found


class _RefusedError(Exception):
    """What makes an archive one that is not used."""


class _Limited(io.RawIOBase):
    """Counts what comes out of a stream, and ends it when that is too much."""

    def __init__(self, stream: io.IOBase, most: int, raw: BinaryIO, progress: Progress) -> None:
        super().__init__()
        self._stream, self._left, self._most = stream, most, most
        self._raw, self._told, self._progress = raw, 0, progress

    def read(self, size: int = -1) -> bytes:
        data: bytes = self._stream.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise _RefusedError(f"it unpacks to more than {self._most >> 20} MB, as bombs do")
        megabytes = self._raw.tell() >> 20
        self._progress.advance(done=megabytes - self._told)
        self._told = megabytes
        return data


def _progress(archive: Path) -> Progress:
    return Progress(log, f"unpack {archive.name}", archive.stat().st_size >> 20, unit="megabyte")


def _decompressed(raw: BinaryIO) -> io.IOBase:
    first = raw.read(6)
    raw.seek(0)
    for magic, opened in COMPRESSIONS.items():
        if first.startswith(magic):
            return opened(raw)
    return cast("io.IOBase", raw)


def _checked(member: tarfile.TarInfo) -> str:
    """The name of a member that is safe."""
    name = PurePosixPath(member.name)
    if name.is_absolute() or ".." in name.parts or "\\" in member.name or "\0" in member.name:
        raise _RefusedError(f"the name {member.name!r} leads out of it")
    if not (member.isfile() or member.isdir()):
        raise _RefusedError(f"{member.name!r} is a link or a device, no file")
    if member.issparse():
        raise _RefusedError(f"{member.name!r} is a file with holes")
    return str(name)


def _copy(tar: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
    source = tar.extractfile(member)
    if source is None:
        raise _RefusedError(f"{member.name!r} is no file")
    with path.open("wb") as target:
        while block := source.read(1 << 20):
            target.write(block)
