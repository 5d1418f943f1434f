"""Writing so that a path that exists is complete. Standard library only."""

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a fresh path beside ``path``; rename it to ``path`` if the block ends well.

    Works for files and folders. The temporary name is unique, so two writers do each other no
    harm: the later rename wins, with a complete result either way.

    Args:
        path: where the finished file or folder shall be; its parents are made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        yield temporary
        _rename(temporary, path)
    finally:
        _remove(temporary)


def _rename(source: Path, target: Path) -> None:
    """Rename, also onto an existing folder, which ``os.replace`` refuses."""
    if target.is_dir() and not target.is_symlink():
        outdated = target.with_name(f".{target.name}.{uuid.uuid4().hex}.old")
        target.rename(outdated)
        shutil.rmtree(outdated)
    os.replace(source, target)  # noqa: PTH105 - says what it does


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
