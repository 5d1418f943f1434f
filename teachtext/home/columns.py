"""Which columns of a table name videos, describe them, and say what part they are of. No files."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from teachtext.errors import DatasetError
from teachtext.home.lookup import Lookup
from teachtext.interop.given_tables import Cell, GivenTable, texts_in
from teachtext.interop.remarks import Remarks

_LOOKED_AT = 5000
"""Rows that decide about columns."""
_WORDS = 3
"""Mean number of words of a column that describes, where its name does not say so."""
_DESCRIBES = re.compile(
    r"caption|descri|sentence|^text$|narration|summary|beschreibung|légende", re.I
)
_START = re.compile(r"^(clip[ _]?|t[ _]?)?(start|begin|from)(?!.*(frame|ms\b|milli))", re.I)
_END = re.compile(r"^(clip[ _]?|t[ _]?)?(end|stop|to|until)\b(?!.*(frame|ms\b|milli))", re.I)
_SPLIT_WORDS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev"), "val"),
    **dict.fromkeys(("test", "testing"), "test"),
}


@dataclass(frozen=True, slots=True)
class Description:
    """A caption as its source gives it.

    Attributes:
        video: Path of the video, as the table of videos writes it.
        text: Caption.
        start_seconds: Start of the clip in the file in seconds, as text; empty for the file's.
        end_seconds: End of the clip in the file in seconds, as text; empty for the file's.
        split: Split that the source gives; empty if it gives none.
        group: What the clip was cut from, as the source calls it; empty if it does not say.
    """

    video: str
    text: str
    start_seconds: str = ""
    end_seconds: str = ""
    split: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True)
class Columns:
    """Places of the columns of a table that are taken; None where there is none.

    Attributes:
        video: Column that names the video.
        texts: Columns of captions.
        start: Column of the clip's start.
        end: Column of the clip's end.
        split: Column of the splits.
        group: Column of what clips were cut from.
    """

    video: int
    texts: tuple[int, ...]
    start: int | None
    end: int | None
    split: int | None
    group: int | None


@dataclass(frozen=True, slots=True)
class Asked:
    """Columns that the user names.

    Attributes:
        video: Name of the column that names videos; None to find it.
        texts: Names of the columns of captions; none to find them.
        group: Name of the column of what clips were cut from; None if there is none.
    """

    video: str | None = None
    texts: tuple[str, ...] = ()
    group: str | None = None

    @property
    def names(self) -> set[str]:
        """Columns that a table must have; that of groups may be a pattern instead."""
        return {*self.texts, *([] if self.video is None else [self.video])}


def with_header(table: GivenTable, lookup: Lookup, folder: str) -> GivenTable:
    """The table, with columns that are numbered if its first row is no header but names a video."""
    if not table.delimiter or not any(lookup.find(name, folder) for name in table.columns):
        return table
    names = [f"column {number}" for number, _ in enumerate(table.columns, start=1)]
    return replace(table, columns=names, rows=[(1, [*table.columns]), *table.rows])


def choose_columns(table: GivenTable, lookup: Lookup, folder: str, asked: Asked) -> Columns | None:
    """Find out what the columns of a table are.

    Args:
        table: Table to look at.
        lookup: Videos by what a table may call them.
        folder: Folder of the table, relative to the root.
        asked: Columns that the user names.

    Returns:
        The columns; None if none names a video, or none describes one.

    Raises:
        DatasetError: A column that the user names is not there.
    """
    wide = len(table.columns)
    rows = [_joined(cells, wide - 1, wide) for _, cells in table.rows[:_LOOKED_AT]]
    columns = [[_one(cells[at]) for cells in rows if at < len(cells)] for at in range(wide)]
    matched = [sum(lookup.find(cell, folder) is not None for cell in cells) for cells in columns]
    video = _place(table, asked.video)
    if video is None:
        video = max(range(wide), key=matched.__getitem__, default=None)
    if video is None or not matched[video]:
        return None
    start, end = (_first_of_times(table, columns, pattern) for pattern in (_START, _END))
    split = next((at for at in range(wide) if _are_splits(columns[at])), None)
    group = _place(table, asked.group) if asked.group in table.columns else None
    others = [at for at in range(wide) if at not in (video, start, end, split, group)]
    texts = [place for name in asked.texts if (place := _place(table, name)) is not None]
    texts = texts or _describing(table, columns, [at for at in others if not matched[at]])
    return Columns(video, tuple(texts), start, end, split, group) if texts else None


@dataclass
class Described:
    """What the rows of a table say.

    Attributes:
        descriptions: Captions in the order of the rows.
        problems: Rows that cannot be read for certain, in words.
        remarks: Values of what is odd.
    """

    descriptions: list[Description] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    remarks: Remarks = field(default_factory=Remarks)


def describe_videos(table: GivenTable, columns: Columns, lookup: Lookup, folder: str) -> Described:
    """Read the captions of a table.

    A row with more cells than the header is joined where only one reading of it is possible: the
    table has one column of captions, and what is left names a video that is here. Otherwise it is a
    problem; or it is left out if it is of no video that is here.

    Args:
        table: Table to read.
        columns: Columns of the table.
        lookup: Videos by what the table may call them.
        folder: Folder of the table, relative to the root.
    """
    said = Described()
    wide = len(table.columns)
    for number, given in table.rows:
        cells = _repaired(table, columns, given)
        at = columns.video - (wide if columns.video > columns.texts[0] and not cells else 0)
        name = _one((cells or given)[at])
        video = lookup.find(name, folder)
        line = f"line {number} has {len(given)} cells, and the header {wide}"
        if video is not None and cells is not None:
            said.descriptions += _descriptions(columns, cells, video)
        elif video is not None:
            said.problems.append(f"{table.path} {line}. Put a text that has commas in quotes.")
        elif len(given) > wide:
            said.remarks.add(f"rows of {table.path.name} left out, of no video that is here", line)
        else:
            what = f"rows of {table.path.name} whose video is not here, or is not the only one"
            said.remarks.add(what, name)
    return said


def _descriptions(columns: Columns, cells: Sequence[Cell], video: str) -> Iterator[Description]:
    start, end = (seconds_text(_given(cells, at)) or "" for at in (columns.start, columns.end))
    split = _SPLIT_WORDS.get(_given(cells, columns.split).strip().lower(), "")
    group = _given(cells, columns.group).strip()
    for at in columns.texts:
        for text in texts_in(cells[at]):
            yield Description(video, text, start, end, split, group)


def _repaired(table: GivenTable, columns: Columns, cells: Sequence[Cell]) -> list[Cell] | None:
    """The cells of a row, as many as columns; None where that is not certain."""
    wide = len(table.columns)
    if len(cells) > wide and len(columns.texts) > 1:
        return None
    whole = _joined(cells, columns.texts[0], wide, table.delimiter)
    times = [_given(whole, place) for place in (columns.start, columns.end)]
    return None if any(time and seconds_text(time) is None for time in times) else whole


def _joined(cells: Sequence[Cell], at: int, wide: int, delimiter: str = " ") -> list[Cell]:
    """As many cells as columns: some are empty, or what is too much belongs to one of them."""
    excess = len(cells) - wide
    if excess <= 0:
        return [*cells, *[""] * -excess]
    text = delimiter.join(map(_one, cells[at : at + excess + 1]))
    return [*cells[:at], text, *cells[at + excess + 1 :]]


def _place(table: GivenTable, name: str | None) -> int | None:
    if name is None:
        return None
    if name not in table.columns:
        raise DatasetError(
            f"{table.path} has no column {name!r}. It has: {', '.join(map(repr, table.columns))}."
        )
    return table.columns.index(name)


def _describing(
    table: GivenTable, columns: Sequence[Sequence[str]], places: Sequence[int]
) -> list[int]:
    words = {at: _mean_words(columns[at]) for at in places}
    found = [
        at
        for at in places
        if words[at] >= _WORDS or (words[at] and _DESCRIBES.search(table.columns[at]))
    ]
    if found or not places:
        return found
    longest = max(places, key=words.__getitem__)
    return [longest] if words[longest] > 1 else []


def _mean_words(cells: Sequence[str]) -> float:
    """Mean number of words; 0 of a column that says the same of everything."""
    told = [cell for cell in cells if cell.strip()]
    if not told or (len(told) > 1 and len(set(told)) == 1):
        return 0.0
    words = (sum(map(_has_letter, cell.split())) for cell in told)
    return sum(words) / len(told)


def _has_letter(word: str) -> bool:
    return any(map(str.isalpha, word)) and "/" not in word


def _first_of_times(
    table: GivenTable, columns: Sequence[Sequence[str]], pattern: re.Pattern[str]
) -> int | None:
    for at, name in enumerate(table.columns):
        told = [cell for cell in columns[at] if cell.strip()]
        if pattern.search(name) and told and all(seconds_text(cell) is not None for cell in told):
            return at
    return None


def _are_splits(cells: Sequence[str]) -> bool:
    told = {cell.strip().lower() for cell in cells} - {""}
    return bool(told) and told <= _SPLIT_WORDS.keys()


def seconds_text(text: str) -> str | None:
    """Seconds of `12.5`, `1:02` or `00:01:02,5`, to the millisecond; None if it is no time."""
    parts = text.strip().replace(",", ".").split(":")
    try:
        seconds = [float(part) for part in parts]
    except ValueError:
        return None
    if len(seconds) > 3 or any(not 0 <= part < float("inf") for part in seconds):
        return None
    total = sum(part * 60**power for power, part in enumerate(reversed(seconds)))
    return f"{total:.3f}".rstrip("0").rstrip(".")


def _given(cells: Sequence[Cell], at: int | None) -> str:
    return "" if at is None else _one(cells[at])


def _one(cell: Cell) -> str:
    return cell if isinstance(cell, str) else " ".join(cell)
