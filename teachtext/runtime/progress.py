"""How far long work is: a bar on a terminal, a line now and then in a log, and a record of it."""

import json
import logging
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from tqdm import tqdm

from teachtext.files.atomic import replacing

Item = TypeVar("Item")

LOG_EVERY_SECONDS = 30.0
RECORD_EVERY_SECONDS = 2.0
"""Between two lines of a log and two readings of a record."""


@dataclass(frozen=True)
class Reading:
    """How far some work is.

    Attributes:
        what: Kind of work, such as ``decode``.
        unit: Name of an item, in the singular, such as ``video``.
        done: Number of finished items.
        total: Number of items to process.
        failed: Number of failed ones among the finished.
        seconds: Seconds since the work began.
        part: Part of the work that is being done, such as ``epoch 31 of 80``; empty if it has none.
    """

    what: str
    unit: str
    done: int
    total: int
    failed: int
    seconds: float
    part: str = ""

    @property
    def rate(self) -> float:
        """Finished items a second."""
        return self.done / self.seconds if self.seconds else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Estimated seconds left of that work; None if nothing is done yet."""
        return (self.total - self.done) / self.rate if self.rate else None

    def __str__(self) -> str:
        """``decode: 120 of 2000 videos, 12.3 a second, 0:02:33 left, 3 failed``."""
        inside = f"{self.part}, " if self.part and self.done < self.total else ""
        parts = [f"{self.what}: {inside}{self.done} of {self.total} {self.unit}s"]
        if self.seconds_left is not None:
            left = f"{timedelta(seconds=round(self.seconds_left))} left"
            ended = f"in {self.seconds:.1f} s"
            parts += [f"{self.rate:.3g} a second", left if self.done < self.total else ended]
        return ", ".join([*parts, *([f"{self.failed} failed"] if self.failed else [])])


class Record(logging.Handler):
    """Keeps the latest of what ``Progress`` tells, as a line of JSON; other messages pass.

    Readings between those of the log are of level DEBUG, which the logger must let pass.

    Args:
        path: File to write; what an earlier process wrote goes.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(logging.DEBUG)
        self._path = path
        path.unlink(missing_ok=True)

    def emit(self, record: logging.LogRecord) -> None:
        """Replace the line; several processes may share the file."""
        reading = getattr(record, "reading", None)
        if reading is not None:
            with replacing(self._path) as path:
                path.write_text(json.dumps(asdict(reading)) + "\n", encoding="utf-8")


def read_record(path: Path) -> Reading | None:
    """The latest reading of a record; None: there is none, or none that is whole."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return None
    for line in reversed(lines):
        try:
            return Reading(**json.loads(line))
        except (ValueError, TypeError):  # being written at this moment, or of another version
            continue
    return None


class Progress:
    """Counts finished items; tells rate, time left and failures."""

    def __init__(self, log: logging.Logger, what: str, total: int, *, unit: str) -> None:
        """Start the clock.

        Args:
            log: Logger of the caller.
            what: Kind of work, such as ``decode``.
            total: Number of items to process.
            unit: Name of an item, in the singular, such as ``video``.
        """
        self._log, self._what, self._total, self._unit = log, what, total, unit
        self._done, self._failed, self._part = 0, 0, ""
        self._begin = self._logged = self._recorded = time.monotonic()
        on_terminal = sys.stderr.isatty()
        self._bar = tqdm(total=total, desc=what, unit=unit, disable=not on_terminal)

    def __enter__(self) -> Self:
        self._tell(logging.DEBUG)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._bar.close()
        if self._total:
            self._tell(logging.INFO)

    def enter(self, part: str) -> None:
        """Say which part of the work follows, such as ``epoch 31 of 80``."""
        self._part = part

    def advance(self, *, failed: int = 0, done: int = 1) -> None:
        """Count finished items, failed ones among them."""
        self._done += done
        self._failed += failed
        self._bar.update(done)
        if self._failed:
            self._bar.set_postfix(failed=self._failed)
        now = time.monotonic()
        if self._bar.disable and now - self._logged >= LOG_EVERY_SECONDS:
            self._tell(logging.INFO)
        elif now - self._recorded >= RECORD_EVERY_SECONDS:
            self._tell(logging.DEBUG)

    def over(
        self, items: Iterable[Item], *, count: Callable[[Item], int] = lambda _: 1
    ) -> Iterator[Item]:
        """The same items; each is counted when the next one is asked for.

        Args:
            items: Items, or blocks of them.
            count: Function that gives the number of items in a block.
        """
        with self:
            for item in items:
                yield item
                self.advance(done=count(item))

    def reading(self) -> Reading:
        """How far the work is now."""
        seconds = time.monotonic() - self._begin
        counted = (self._done, self._total, self._failed)
        return Reading(self._what, self._unit, *counted, seconds, self._part)

    def _tell(self, level: int) -> None:
        reading, self._recorded = self.reading(), time.monotonic()
        if level >= logging.INFO:
            self._logged = self._recorded
        self._log.log(level, "%s", reading, extra={"reading": reading})
