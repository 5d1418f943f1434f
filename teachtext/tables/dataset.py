"""The tables of videos and captions, read and checked. CSV or Parquet in, records out."""

import csv
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from teachtext.errors import DatasetError
from teachtext.files.atomic import replacing

Split = Literal["train", "val", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)


@dataclass(frozen=True, slots=True)
class Caption:
    """One sentence describing a video."""

    caption_id: str
    video_id: str
    split: str
    caption: str


@dataclass(frozen=True, slots=True)
class VideoSource:
    """One row of the table of videos.

    Attributes:
        video_id: Unique id; any text.
        path: Video file.
        start_seconds: Start of the clip within the file, in seconds; None for the start of the
            file.
        end_seconds: End of the clip within the file, in seconds; None for the end of the file.
    """

    video_id: str
    path: Path
    start_seconds: float | None = None
    end_seconds: float | None = None

    @property
    def state(self) -> str:
        """What changes when the file does, or which part of it is the clip."""
        try:
            status = self.path.stat()
            state: tuple[int, ...] = (status.st_size, status.st_mtime_ns)
        except OSError:
            state = ()
        return repr((str(self.path), state, self.start_seconds, self.end_seconds))


def read_videos(path: Path) -> list[VideoSource]:
    """Read the table of videos.

    Args:
        path: CSV or Parquet with ``video_id, path[, start_seconds, end_seconds]``; relative paths
            count from the table's folder.

    Raises:
        DatasetError: Missing file or column, no rows, a duplicate id or a bad time.
    """
    folder = path.parent
    videos = [
        VideoSource(
            row["video_id"],
            folder / row["path"],
            _seconds(path, row, "start_seconds"),
            _seconds(path, row, "end_seconds"),
        )
        for row in rows_of_table(path, required=("video_id", "path"))
    ]
    _refuse_duplicates(path, "video_id", [video.video_id for video in videos])
    return videos


def read_captions(path: Path) -> list[Caption]:
    """Read the table of captions.

    Args:
        path: CSV or Parquet with ``video_id, caption, split[, caption_id]``; where there is no
            ``caption_id``, it is the video's id and the caption's number within it.

    Raises:
        DatasetError: Missing file or column, no rows, an unknown split, an empty caption, a
            duplicate id, or a video that is in two splits.
    """
    rows = rows_of_table(path, required=("video_id", "caption", "split"))
    seen: Counter[str] = Counter()
    captions = []
    for number, row in enumerate(rows, start=2):
        # one string for all rows that have it: there may be millions
        video, split, text = sys.intern(row["video_id"]), sys.intern(row["split"]), row["caption"]
        if split not in SPLITS:
            raise DatasetError(
                f"{path} row {number}: split is {split!r}. Use one of: {', '.join(SPLITS)}."
            )
        if not text.strip():
            raise DatasetError(f"{path} row {number}: empty caption of {video!r}. Remove the row.")
        captions.append(
            Caption(row.get("caption_id") or f"{video}#{seen[video]}", video, split, text)
        )
        seen[video] += 1
    _refuse_duplicates(path, "caption_id", [caption.caption_id for caption in captions])
    _refuse_two_splits(path, captions)
    return captions


def write_captions(path: Path, captions: Iterable[Caption]) -> None:
    """Write a table of captions that ``read_captions`` reads; it appears complete or not at all.

    Args:
        path: CSV file to write.
        captions: Rows of the table.
    """
    columns = ("caption_id", "video_id", "caption", "split")
    with replacing(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(columns)
        writer.writerows([getattr(caption, name) for name in columns] for caption in captions)


def read_paragraphs(path: Path) -> list[Caption]:
    """Read the table of captions and make all captions of a video one, as DiDeMo's users do.

    A paragraph has its video's id and the captions of that video, in the order of the table,
    joined by spaces.

    Args:
        path: Table as for ``read_captions``.

    Raises:
        DatasetError: As ``read_captions``.
    """
    return [
        Caption(video, video, parts[0].split, " ".join(part.caption for part in parts))
        for video, parts in by_video(read_captions(path)).items()
    ]


def by_video(captions: Iterable[Caption]) -> dict[str, list[Caption]]:
    """Video id -> its captions; videos are in the order of their first captions."""
    found: dict[str, list[Caption]] = {}
    for caption in captions:
        found.setdefault(caption.video_id, []).append(caption)
    return found


def rows_of_table(path: Path, required: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Read a table row by row: as dicts, millions of them would not fit into memory.

    Args:
        path: CSV or Parquet.
        required: Columns that must be there and have no empty cell.

    Raises:
        DatasetError: Missing file or column, no rows, or a row that cannot be read whole.
    """
    if not path.is_file():
        raise DatasetError(f"{path} does not exist. Set dataset.videos and dataset.captions.")
    lines = _parquet_lines(path) if path.suffix == ".parquet" else _csv_lines(path)
    columns = next(lines, [])
    missing = [name for name in required if name not in columns]
    if missing:
        raise DatasetError(
            f"{path} has no column {missing[0]!r} (found: {', '.join(columns) or 'nothing'}). "
            f"It needs: {', '.join(required)}."
        )
    number = 1
    for number, line in enumerate(filter(None, lines), start=2):
        if len(line) > len(columns):
            raise DatasetError(
                f"{path} row {number} has {len(line)} cells, and the header {len(columns)}. Put a "
                "text that has commas in quotes."
            )
        row = dict(zip(columns, line, strict=False))
        if not all(map(row.get, required)):
            raise DatasetError(f"{path} row {number}: one of {', '.join(required)} is empty.")
        yield row
    if number == 1:
        raise DatasetError(f"{path} has a header but no rows. Add at least one.")


def videos_of(captions: Iterable[Caption], split: Split) -> list[str]:
    """Ids of the videos of a split, in the order of their first caption."""
    return list(dict.fromkeys(c.video_id for c in captions if c.split == split))


def _csv_lines(path: Path) -> Iterator[Sequence[Any]]:
    with path.open(newline="", encoding="utf-8-sig") as stream:
        lines = csv.reader(stream, strict=True)
        try:
            yield from lines
        except UnicodeDecodeError as error:
            raise DatasetError(
                f"{path} is not UTF-8 after line {lines.line_num}: {error.reason}. Save it as CSV "
                "in UTF-8."
            ) from None
        except csv.Error as error:
            raise DatasetError(
                f"{path} is no CSV after line {lines.line_num}: {error}. Put a text that has "
                "quotes in quotes, and write each of them twice."
            ) from None


def _parquet_lines(path: Path) -> Iterator[Sequence[Any]]:
    import pyarrow.parquet as pq  # here: the Snakefile reads tables where there is no pyarrow

    with pq.ParquetFile(path) as table:
        yield table.schema_arrow.names
        for batch in table.iter_batches():
            for line in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                yield [value if value is None else str(value) for value in line]


def _seconds(path: Path, row: dict[str, Any], name: str) -> float | None:
    text = row.get(name)
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise DatasetError(f"{path}: {name} of {row['video_id']!r} is {text!r}, not seconds >= 0.")
    return seconds


def _refuse_duplicates(path: Path, column: str, values: Sequence[str]) -> None:
    if len(set(values)) < len(values):
        duplicates = [value for value, count in Counter(values).items() if count > 1]
        raise DatasetError(
            f"{path}: {column} {duplicates[0]!r} occurs more than once "
            f"({len(duplicates)} such ids). Every id may occur once."
        )


def _refuse_two_splits(path: Path, captions: Sequence[Caption]) -> None:
    split_of: dict[str, str] = {}
    for caption in captions:
        first = split_of.setdefault(caption.video_id, caption.split)
        if first != caption.split:
            raise DatasetError(
                f"{path}: video {caption.video_id!r} is in splits {first} and {caption.split}. "
                "A video belongs to one split."
            )
