"""How far long work is: a bar on a terminal, a line now and then in a log."""

import logging
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType
from typing import Self, TypeVar

from tqdm import tqdm

Item = TypeVar("Item")

LOG_EVERY_SECONDS = 30.0
_LINE = re.compile(r"^\S+ \S+ INFO (.+: \d+ of \d+ .+)$", re.M)
_LEFT = re.compile(r"(?:(\d+) days?, )?(\d+):(\d\d):(\d\d) left")


@dataclass(frozen=True)
class Reading:
    """The latest line of progress in a log.

    Attributes:
        text: Line as ``Progress.line`` wrote it.
        seconds_left: Estimated seconds left of that work; None if the line does not say.
    """

    text: str
    seconds_left: float | None


def read_progress(log_text: str) -> Reading | None:
    """Find the latest line that ``Progress`` wrote to a log; None: there is none."""
    lines = _LINE.findall(log_text)
    if not lines:
        return None
    left = _LEFT.search(lines[-1])
    if left is None:
        return Reading(lines[-1], None)
    days, hours, minutes, seconds = (int(part or 0) for part in left.groups())
    return Reading(lines[-1], float(((days * 24 + hours) * 60 + minutes) * 60 + seconds))


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
        self._done = self._failed = 0
        self._begin = self._logged = time.monotonic()
        on_terminal = sys.stderr.isatty()
        self._bar = tqdm(total=total, desc=what, unit=unit, disable=not on_terminal)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._bar.close()
        if self._total:
            self._log.info("%s", self.line())

    def advance(self, *, failed: int = 0, done: int = 1) -> None:
        """Count finished items, failed ones among them."""
        self._done += done
        self._failed += failed
        self._bar.update(done)
        if self._failed:
            self._bar.set_postfix(failed=self._failed)
        now = time.monotonic()
        if self._bar.disable and now - self._logged >= LOG_EVERY_SECONDS:
            self._logged = now
            self._log.info("%s", self.line())

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

    def line(self) -> str:
        """``decode: 120 of 2000 videos, 12.3 a second, 0:02:33 left, 3 failed``."""
        seconds = time.monotonic() - self._begin
        rate = self._done / seconds if seconds else 0.0
        parts = [f"{self._what}: {self._done} of {self._total} {self._unit}s"]
        if rate:
            parts.append(f"{rate:.3g} a second")
            left = timedelta(seconds=round((self._total - self._done) / rate))
            parts.append(f"{left} left" if self._done < self._total else f"in {seconds:.1f} s")
        if self._failed:
            parts.append(f"{self._failed} failed")
        return ", ".join(parts)
