"""Rows of the table of ``gpu_check.py``. The standard library alone."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

COLUMNS = ("part", "what", "found", "bound", "outcome")


@dataclass(frozen=True)
class Row:
    """One thing that is known now.

    Attributes:
        what: was compared or measured.
        found: with its unit.
        bound: that it has to keep; empty for what is only measured.
        outcome: ``ok``, ``OFF`` where a bound is broken, ``FAILED``, ``OUT OF TIME``, or nothing.
    """

    what: str
    found: str
    bound: str = ""
    outcome: str = ""


def measured(what: str, found: str) -> Row:
    """Something without a bound."""
    return Row(what, found)


def at_most(what: str, found: float, bound: float) -> Row:
    """A difference that has a bound; what is not a number is off."""
    return Row(what, f"{found:.1e}", f"{bound:.0e}", "ok" if found <= bound else "OFF")


def held(what: str, found: str, bound: str, *, good: bool) -> Row:
    """Something that is as it has to be, or is not."""
    return Row(what, found, bound, "ok" if good else "OFF")


def failed(error: BaseException) -> Row:
    """A part that ended with an error."""
    first = next((line for line in str(error).splitlines() if line.strip()), "")
    return Row("the whole part", f"{type(error).__name__}: {first}", "", "FAILED")


def append(path: Path, row: Row) -> None:
    """Keep a row, whatever comes after it."""
    with path.open("a") as stream:
        stream.write(json.dumps(asdict(row)) + "\n")


def read(path: Path) -> list[Row]:
    """All rows that were kept."""
    return [Row(**json.loads(line)) for line in path.read_text().splitlines()]


def table(rows: dict[str, list[Row]]) -> str:
    """Markdown of all parts, aligned."""
    lines = [list(COLUMNS)]
    for part, found in rows.items():
        lines += [[part, *asdict(row).values()] for row in found]
    lines = [[cell.replace("|", "/") for cell in line] for line in lines]
    widths = [max(len(line[column]) for line in lines) for column in range(len(COLUMNS))]
    lines.insert(1, ["-" * width for width in widths])
    padded = (
        [cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in lines
    )
    return "".join(f"| {' | '.join(line)} |\n" for line in padded)
