"""Writing so that a path that exists is complete. Standard library only."""

import ctypes
import hashlib
import os
import re
import shutil
import socket
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_HERE = hashlib.sha256(socket.gethostname().encode()).hexdigest()[:8]
"""Of this machine: a process of the same number on another one is another."""
_LEFTOVER = re.compile(
    r"\..+\.(?:(?P<pid>\d+)-(?P<machine>[0-9a-f]{8})-[0-9a-f]{12}|[0-9a-f]{32}|\d+)\.(?:tmp|old)"
)
"""Temporary names; the last two kinds are those of older versions."""
_STALE_SECONDS = 24 * 3600
_UMASK = os.umask(0o077)
os.umask(_UMASK)
"""Can only be read by setting it, which is for a time when there is one thread."""
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a fresh path beside ``path``; rename it to ``path`` if the block ends well.

    Works for files and folders. The temporary name is unique, so two writers do each other no
    harm: the later rename wins, with a complete result either way. What is written can be read by
    whom the umask allows to, whatever the library that wrote it asked for.

    Args:
        path: Path of the finished file or folder; its parents are created.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _beside(path, "tmp")
    try:
        yield temporary
        _allow(temporary)
        _rename(temporary, path)
    finally:
        _remove(temporary)


def remove_leftovers(folder: Path) -> list[Path]:
    """Remove the temporary files and folders of writers that were killed.

    Those of a process that is alive on this machine stay, and those of another machine until
    nothing was written in them for a day. Feature stores are not looked into: nobody writes there.

    Args:
        folder: Folder that contains them, at any depth; may be missing.

    Returns:
        What was removed.
    """
    removed = []
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(parent, name)
            if _is_leftover(path):
                _remove(path)
                removed.append(path)
        folders[:] = [name for name in folders if not name.endswith((".zarr", ".tmp", ".old"))]
    return removed


def link_or_copy(source: str | Path, target: str | Path) -> None:
    """Give a file a second name, which costs no space; a copy where there are no hard links.

    Args:
        source: File that exists.
        target: Second name, whose folder is created; what has it loses it.
    """
    with replacing(Path(target)) as temporary:
        try:
            os.link(source, temporary)
        except OSError:  # a file system without hard links
            shutil.copy2(source, temporary)


def _beside(path: Path, ending: str) -> Path:
    unique = f"{os.getpid()}-{_HERE}-{uuid.uuid4().hex[:12]}"
    return path.with_name(f".{path.name}.{unique}.{ending}")


def _is_leftover(path: Path) -> bool:
    found = _LEFTOVER.fullmatch(path.name)
    if found is None:
        return False
    if found["pid"] is None:
        return True
    if found["machine"] == _HERE:
        return not _is_alive(int(found["pid"]))
    return time.time() - _last_written(path) > _STALE_SECONDS


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # somebody else's
    return True


def _last_written(path: Path) -> float:
    return max(one.lstat().st_mtime for one in (path, *path.rglob("*")))


def _allow(path: Path) -> None:
    """Give files and folders the permissions that the umask leaves; none is taken away."""
    for one in (path, *path.rglob("*")):
        mode = one.lstat().st_mode
        wanted = (0o777 if one.is_dir() else 0o666) & ~_UMASK
        if not one.is_symlink() and mode & wanted != wanted:
            with suppress(PermissionError):  # another's file by a hard link, or a system without
                one.chmod(mode & 0o7777 | wanted)


def _rename(source: Path, target: Path) -> None:
    """Rename, also onto an existing folder, which ``os.replace`` refuses."""
    if target.is_dir() and not target.is_symlink():
        if _exchange(source, target):
            return  # what was there has the temporary name now
        outdated = _beside(target, "old")
        target.rename(outdated)
        shutil.rmtree(outdated)
    os.replace(source, target)  # noqa: PTH105 - says what it does


def _exchange(one: Path, other: Path) -> bool:
    """Swap two paths, both of which are there at any moment; False where the system cannot."""
    rename = getattr(ctypes.CDLL(None), "renameat2", None)
    if rename is None:
        return False
    first, second = os.fsencode(one), os.fsencode(other)
    return bool(rename(_AT_FDCWD, first, _AT_FDCWD, second, _RENAME_EXCHANGE) == 0)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
