"""The tables of a home and what it remembers: files in, rows out, and back.

Rows keep all columns that somebody added. What is remembered is in the folder's `.teachtext`.
"""

import csv
import errno
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from teachtext.errors import ConfigError, DatasetError
from teachtext.files.atomic import replacing
from teachtext.files.locking import locked
from teachtext.home.survey import name_of
from teachtext.tables.dataset import read_captions, read_videos, rows_of_table

Row = dict[str, str]
VIDEO_COLUMNS = ("video_id", "path", "start_seconds", "end_seconds")
CAPTION_COLUMNS = ("caption_id", "video_id", "caption", "split")
BY_HAND = "by_hand"
"""Column of removed videos: `yes` if the user took them out, whose files may still be there."""
_OPTIONAL = ("start_seconds", "end_seconds")


@dataclass
class Kept:
    """What a home has.

    Attributes:
        videos: Rows of the table of videos.
        captions: Rows of the table of captions.
        taken: Captions as their sources last gave them.
        removed_videos: Rows of videos that are gone, to be put back when they return.
        removed_captions: Captions of these videos.
        settings: Options that were given last.
        sizes: Size of each video file in bytes, when it was last seen, by its path.
        is_new: Whether nothing is remembered: `teachtext init` was never here.
    """

    videos: list[Row] = field(default_factory=list)
    captions: list[Row] = field(default_factory=list)
    taken: list[Row] = field(default_factory=list)
    removed_videos: list[Row] = field(default_factory=list)
    removed_captions: list[Row] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    is_new: bool = True


@contextmanager
def holding(root: Path) -> Iterator[None]:
    """Be the only one that changes the tables of a home; a second one waits.

    Raises:
        ConfigError: The folder is none, or cannot be written to.
    """
    if not root.is_dir():
        raise ConfigError(f"{root} is no folder. Give the folder of your videos.")
    try:
        with locked(root / ".teachtext/lock"):
            yield
    except OSError as error:
        if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise
        raise ConfigError(
            f"{error.filename} cannot be written ({error.strerror}). The tables are kept in the "
            "folder of the videos: give one of your own, with links to them."
        ) from None


def read_kept(root: Path) -> Kept:
    """Read what a home has; all is empty where there is nothing yet.

    Raises:
        DatasetError: A table cannot be read, lost a column, or contradicts itself.
    """
    memory = root / ".teachtext"
    settings = _read_json(memory / "settings.json")
    videos, captions = root / "videos.csv", root / "captions.csv"
    try:
        if videos.exists():
            read_videos(videos)
        if captions.exists():
            read_captions(captions)
    except DatasetError as error:
        raise DatasetError(
            f"{error} (teachtext init keeps videos.csv and captions.csv: mend it, or give a file "
            "of yours that only has the name another one, and it is read as a source of captions.)"
        ) from None
    rows = _rows(videos)
    for row in rows:
        row["path"] = name_of(Path(os.path.normpath(root / row["path"])), root)
    return Kept(
        rows,
        _with_ids(_rows(captions)),
        _rows(memory / "taken.csv"),
        _rows(memory / _REMOVED[0]),
        _rows(memory / _REMOVED[1]),
        settings=settings or {},
        sizes=_read_json(memory / "sizes.json") or {},
        is_new=settings is None,
    )


def write_kept(root: Path, kept: Kept) -> None:
    """Write what a home has.

    A run that reads meanwhile sees a table as it was or as it is, and never a caption of a video
    that is in no table: what goes leaves the captions first, what comes enters the videos first.
    """
    memory = root / ".teachtext"
    for name, rows, columns in (
        (_REMOVED[0], kept.removed_videos, VIDEO_COLUMNS),
        (_REMOVED[1], kept.removed_captions, CAPTION_COLUMNS),
    ):
        _write(memory / name, rows, columns)
    ids = {row["video_id"] for row in kept.videos}
    before = _rows(root / "captions.csv")
    staying = [row for row in before if row["video_id"] in ids]
    if len(staying) < len(before):
        _write(root / "captions.csv", staying, CAPTION_COLUMNS)
    _write(root / "videos.csv", kept.videos, VIDEO_COLUMNS)
    _write(root / "captions.csv", kept.captions, CAPTION_COLUMNS)
    _write(memory / "taken.csv", kept.taken, CAPTION_COLUMNS)
    for name, values in (("settings.json", kept.settings), ("sizes.json", kept.sizes)):
        with replacing(memory / name) as temporary:
            temporary.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")


_REMOVED = ("removed-videos.csv", "removed-captions.csv")


def _read_json(path: Path) -> dict[str, Any] | None:
    """None of what is not there or damaged: it is made again."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return values if isinstance(values, dict) else None


def _rows(path: Path) -> list[Row]:
    return [dict(row) for row in rows_of_table(path, ("video_id",))] if path.exists() else []


def _with_ids(captions: list[Row]) -> list[Row]:
    """With the ids that ``read_captions`` gives those that have none."""
    seen: dict[str, int] = {}
    for row in captions:
        number = seen.get(row["video_id"], 0)
        row["caption_id"] = row.get("caption_id") or f"{row['video_id']}#{number}"
        seen[row["video_id"]] = number + 1
    return captions


def _write(path: Path, rows: Sequence[Mapping[str, str]], first: Sequence[str]) -> None:
    """Write a table; one without rows is no file."""
    if not rows:
        path.unlink(missing_ok=True)
        return
    there = dict.fromkeys(column for row in rows for column in row)
    used = [name for name in first if name not in _OPTIONAL or any(row.get(name) for row in rows)]
    columns = [*used, *(name for name in there if name not in first)]
    with replacing(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, columns, restval="", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
