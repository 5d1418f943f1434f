"""Archives of foreign origin, unpacked so that they can do no harm. Files in, files out."""

import bz2
import errno
import gzip
import io
import logging
import lzma
import shutil
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO, cast

from teachtext.errors import DatasetError
from teachtext.interop.damage import UNREADABLE, most_bytes, refuse_bomb, unreadable
from teachtext.runtime.progress import Progress

log = logging.getLogger(__name__)

COMPRESSIONS: dict[bytes, Callable[[BinaryIO], io.IOBase]] = {
    b"\x1f\x8b": lambda raw: gzip.GzipFile(fileobj=raw),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\x00": lzma.LZMAFile,
}
"""First bytes of a compressed tar archive -> how it is read."""
ZIP = b"PK\x03\x04"
"""First bytes of a zip archive."""
Member = tuple[str, Callable[[], IO[bytes] | None]]
"""Name of a file in an archive, and what opens it."""


def unpack_archive(
    archive: Path, folder: Path, *, wanted: Callable[[str], object]
) -> dict[str, Path | None]:
    """Unpack some files of an archive.

    Args:
        archive: Zip archive, or tar archive, uncompressed or compressed with gzip, bzip2 or xz.
        folder: Folder to unpack to; the files in it are named by numbers.
        wanted: Predicate on the name of a member; true to unpack it.

    Returns:
        Name in the archive -> file, None if it is not wanted; in the archive's order.

    Raises:
        DatasetError: The archive is damaged, encrypted, a bomb, or has a member that is neither
            folder nor file, or whose name leads out of the archive; whether wanted or not.
    """
    found: dict[str, Path | None] = {}
    try:
        with archive.open("rb") as raw:
            first = raw.read(6)
            raw.seek(0)
            read = _zip_members if first.startswith(ZIP) else _tar_members
            for name, opened in read(archive, raw):
                path = folder / f"{len(found)}{PurePosixPath(name).suffix}"
                found[name] = _copied(opened, path) if wanted(name) else None
    except _RefusedError as error:
        raise DatasetError(f"{archive} is refused: {error}. Nothing of it is used.") from None
    except UNREADABLE as error:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise OSError(error.errno, error.strerror, str(folder)) from None
        advice = "Give a whole archive, or its files unpacked."
        raise unreadable(archive, error, advice) from None
    return found


class _RefusedError(Exception):
    """What makes an archive one that is not used."""


def _copied(opened: Callable[[], IO[bytes] | None], path: Path) -> Path:
    with cast("IO[bytes]", opened()) as source, path.open("wb") as target:
        shutil.copyfileobj(source, target, 1 << 20)
    return path


def _zip_members(path: Path, raw: BinaryIO) -> Iterator[Member]:
    with zipfile.ZipFile(raw) as archive:
        members = archive.infolist()
        # no more than these sizes is ever read
        refuse_bomb(path, sum(member.file_size for member in members))
        for member in members:
            kind = stat.S_IFMT(member.external_attr >> 16)
            name = _checked(member.filename, is_plain=kind in (0, stat.S_IFREG, stat.S_IFDIR))
            if not member.is_dir():
                yield name, partial(archive.open, member)


def _tar_members(path: Path, raw: BinaryIO) -> Iterator[Member]:
    megabytes = path.stat().st_size >> 20
    with Progress(log, f"unpack {path.name}", megabytes, unit="megabyte") as progress:
        stream = _Limited(_decompressed(raw), most_bytes(path), raw, progress)
        with tarfile.open(fileobj=cast("BinaryIO", stream), mode="r|") as tar:
            for member in tar:
                name = _checked(member.name, is_plain=member.isfile() or member.isdir())
                if member.issparse():
                    raise _RefusedError(f"{name!r} is a file with holes")
                if member.isfile():
                    yield name, partial(tar.extractfile, member)


def _checked(name: str, *, is_plain: bool) -> str:
    """The name of a member that is safe."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or "\0" in name:
        raise _RefusedError(f"the name {name!r} leads out of it")
    if not is_plain:
        raise _RefusedError(f"{name!r} is a link or a device, no file")
    return str(path)


def _decompressed(raw: BinaryIO) -> io.IOBase:
    first = raw.read(6)
    raw.seek(0)
    for magic, opened in COMPRESSIONS.items():
        if first.startswith(magic):
            return opened(raw)
    return cast("io.IOBase", raw)


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
