"""Tables of any columns: CSV, TSV, JSON, JSON Lines, Excel, Parquet. Files in, rows of text out."""

import csv
import io
import json
import warnings
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from teachtext.errors import DatasetError
from teachtext.interop.damage import readable, refuse_bomb
from teachtext.interop.encodings import decode_text

Cell = str | list[str]
"""Text of a cell; several where a cell of JSON or Parquet holds a list."""
_DELIMITERS = ",;\t|"
_KEY = "(key)"
"""Column of the keys, where JSON is an object whose values are the rows."""


@dataclass(frozen=True)
class GivenTable:
    """A table as somebody wrote it.

    Attributes:
        path: File of the table.
        part: Sheet of a workbook, or key of a list in JSON; empty if the file is the table.
        columns: Names of the columns.
        rows: Line or number of each row, and its cells; some rows may have too many or too few.
        delimiter: Sign between the cells of CSV; empty for other formats.
        encoding: Encoding of the file if it is not UTF-8.
    """

    path: Path
    part: str
    columns: list[str]
    rows: list[tuple[int, list[Cell]]]
    delimiter: str = ""
    encoding: str = ""


def read_given_tables(path: Path) -> list[GivenTable]:
    """Read all tables of a file.

    Args:
        path: File whose suffix is one of ``TABLE_READERS``.

    Raises:
        DatasetError: The file is damaged, or is something else than its suffix says.
    """
    with readable(path, "Save it again, as CSV in UTF-8."):
        tables = list(TABLE_READERS[path.suffix.lower()](path))
    return [table for table in tables if table.rows]


def texts_in(cell: Cell) -> list[str]:
    """The texts of a cell that are not blank."""
    texts = [cell] if isinstance(cell, str) else cell
    return [text for text in texts if text.strip()]


def _read_csv(path: Path) -> Iterator[GivenTable]:
    text, encoding = decode_text(path.read_bytes())
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = "\t" if path.suffix.lower() == ".tsv" else max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[tuple[int, list[Cell]]] = []
    try:
        rows += [(reader.line_num, [*cells]) for cells in reader if any(map(str.strip, cells))]
    except csv.Error as error:
        raise DatasetError(
            f"{path} is no CSV after line {reader.line_num}: {error}. Put a text that has quotes "
            "in quotes, and write each of them twice."
        ) from None
    if rows:
        yield GivenTable(path, "", _names(rows[0][1]), rows[1:], delimiter, encoding)


def _read_json(path: Path) -> Iterator[GivenTable]:
    text, encoding = decode_text(path.read_bytes())
    value = json.loads(text)
    if isinstance(value, list):
        yield _of_objects(path, "", value, encoding)
        return
    lists = {k: v for k, v in value.items() if isinstance(v, list) and _are_objects(v)}
    for key, objects in lists.items():
        yield _of_objects(path, key, objects, encoding)
    keyed = [
        {_KEY: key, **(one if isinstance(one, dict) else {"value": one})}
        for key, one in value.items()
        if key not in lists
    ]
    yield _of_objects(path, "", keyed, encoding)


def _read_json_lines(path: Path) -> Iterator[GivenTable]:
    text, encoding = decode_text(path.read_bytes())
    objects = []
    for number, line in enumerate(text.split("\n"), start=1):
        try:
            objects += [json.loads(line)] if line.strip() else []
        except ValueError as error:
            raise DatasetError(f"{path} line {number} is no JSON: {error}. Mend it.") from None
    yield _of_objects(path, "", objects, encoding)


def _read_excel(path: Path) -> Iterator[GivenTable]:
    import openpyxl

    with zipfile.ZipFile(path) as archive:
        refuse_bomb(path, sum(member.file_size for member in archive.infolist()))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of styles and filters, which nobody asked for
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        try:
            for sheet in book.worksheets:
                lines = enumerate(sheet.iter_rows(values_only=True), start=1)
                rows = [(number, _cells(values)) for number, values in lines]
                rows = [(number, cells) for number, cells in rows if any(cells)]
                if rows:
                    yield GivenTable(path, sheet.title, _names(rows[0][1]), rows[1:])
        finally:
            book.close()


def _read_parquet(path: Path) -> Iterator[GivenTable]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    def is_plain(kind: pa.DataType) -> bool:
        of = pa.types
        if of.is_list(kind) or of.is_large_list(kind):
            kind = kind.value_type
            return bool(of.is_string(kind) or of.is_large_string(kind))
        return not of.is_nested(kind) and not of.is_binary(kind) and not of.is_large_binary(kind)

    with pq.ParquetFile(path) as file:
        names = [field.name for field in file.schema_arrow if is_plain(field.type)]
        rows: list[tuple[int, list[Cell]]] = []
        for batch in file.iter_batches(columns=names):
            lines = zip(*(batch.column(name).to_pylist() for name in names), strict=True)
            rows += [(number, _cells(line)) for number, line in enumerate(lines, len(rows) + 1)]
        yield GivenTable(path, "", names, rows)


TABLE_READERS: Mapping[str, Callable[[Path], Iterator[GivenTable]]] = {
    ".csv": _read_csv,
    ".tsv": _read_csv,
    ".json": _read_json,
    ".jsonl": _read_json_lines,
    ".ndjson": _read_json_lines,
    ".xlsx": _read_excel,
    ".parquet": _read_parquet,
}
"""Suffix of a file -> what reads its tables."""


def _of_objects(path: Path, part: str, values: Sequence[object], encoding: str) -> GivenTable:
    objects = [value for value in values if isinstance(value, dict)]
    columns = list(dict.fromkeys(key for one in objects for key in one))
    rows = [
        (number, _cells(one.get(column) for column in columns))
        for number, one in enumerate(objects, start=1)
    ]
    return GivenTable(path, part, columns, rows, encoding=encoding)


def _are_objects(values: list[object]) -> bool:
    return bool(values) and all(isinstance(value, dict) for value in values)


def _names(cells: Sequence[Cell]) -> list[str]:
    return [cell.strip() if isinstance(cell, str) else "" for cell in cells]


def _cells(values: Iterable[object]) -> list[Cell]:
    return [_cell(value) for value in values]


def _cell(value: object) -> Cell:
    if isinstance(value, list):
        return [one for one in value if isinstance(one, str)]
    if value is None or isinstance(value, dict):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))  # as Excel shows it
    return str(value)
