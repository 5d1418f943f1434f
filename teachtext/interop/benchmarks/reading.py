"""Annotation files as text, lines, rows and JSON. Bytes in, values out; damage is one line."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

from teachtext.errors import DatasetError
from teachtext.interop.benchmarks.records import AnnotationFile


def text_of(file: AnnotationFile, *, fallback: str | None = None) -> str:
    """The text of a file in UTF-8, with or without a byte order mark.

    Args:
        file: File to decode.
        fallback: Encoding to use if the file is not UTF-8; None if it must be.

    Raises:
        DatasetError: The file is empty or no text.
    """
    try:
        text = file.content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if fallback is None:
            raise DatasetError(
                f"{file.place} is no text in UTF-8: {error}. Give it as it was given out."
            ) from None
        text = file.content.decode(fallback)
    if not text.strip():
        raise DatasetError(f"{file.place} is empty. Give it as it was given out.")
    return text


def lines_of(file: AnnotationFile, *, fallback: str | None = None) -> list[str]:
    """Lines that are not blank, without spaces around them; see ``text_of``."""
    # str.splitlines would also split where Latin-1 has no line end
    lines = (line.strip() for line in text_of(file, fallback=fallback).split("\n"))
    return [line for line in lines if line]


def rows_of(
    file: AnnotationFile, *columns: str, fallback: str | None = None
) -> Iterator[dict[str, str]]:
    """Rows of a CSV file with a header.

    Args:
        file: File to read.
        columns: Names of the required columns.
        fallback: Encoding to use if the file is not UTF-8; None if it must be.

    Raises:
        DatasetError: A column is missing, or the file is no CSV.
    """
    reader = csv.DictReader(io.StringIO(text_of(file, fallback=fallback), newline=""))
    try:
        names = reader.fieldnames or []
        if missing := [column for column in columns if column not in names]:
            raise DatasetError(
                f"{file.place} has no column {missing[0]!r} (found: {', '.join(names)}). "
                f"It needs: {', '.join(columns)}."
            )
        for row in reader:
            yield {column: row[column] or "" for column in names}
    except csv.Error as error:
        raise DatasetError(
            f"{file.place} is no CSV after line {reader.line_num}: {error}. Fetch it again."
        ) from None


def json_of(file: AnnotationFile) -> Any:  # noqa: ANN401 - any JSON
    """The value of a JSON file.

    Raises:
        DatasetError: The file is no whole JSON.
    """
    try:
        return json.loads(text_of(file))
    except (ValueError, RecursionError) as error:
        raise DatasetError(f"{file.place} is no whole JSON: {error}. Fetch it again.") from None


def objects_in(file: AnnotationFile, value: object, *keys: str) -> list[dict[str, Any]]:
    """A list of JSON objects, checked.

    Args:
        file: File that the value was read from.
        value: Value to check.
        keys: Keys that each object must have.

    Raises:
        DatasetError: The value is something else.
    """
    if not isinstance(value, list) or not all(
        isinstance(item, dict) and item.keys() >= set(keys) for item in value
    ):
        raise _otherwise(file, f"objects with {', '.join(keys)}")
    return value


def mapping_in(file: AnnotationFile, value: object, *keys: str) -> dict[str, Any]:
    """A JSON object, checked.

    Args:
        file: File that the value was read from.
        value: Value to check.
        keys: Keys that each value of the object must have; none if it may be anything.

    Raises:
        DatasetError: The value is something else.
    """
    if not isinstance(value, dict):
        raise _otherwise(file, "an object")
    if keys:
        objects_in(file, list(value.values()), *keys)
    return value


def _otherwise(file: AnnotationFile, what: str) -> DatasetError:
    return DatasetError(
        f"{file.place} is not laid out as {file.name} of this benchmark is, which has {what} "
        "there. Give the file as it was given out."
    )


def ids_of(file: AnnotationFile) -> list[str]:
    """Ids of a list: the lines of a .txt file, the column ``video_id`` of a .csv file."""
    if file.name.endswith(".csv"):
        return [row["video_id"] for row in rows_of(file, "video_id")]
    return lines_of(file)
