"""Work in a process of its own, which shows what starting it takes, and its memory."""

import multiprocessing
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Generic, TypeVar

from teachtext.errors import ConfigError
from teachtext.runtime.memory import peak_memory_bytes

Returned = TypeVar("Returned")


@dataclass(frozen=True)
class Apart(Generic[Returned]):
    """What some work came to, and what its process took.

    Attributes:
        outcome: Result of the work.
        start_seconds: Seconds of starting Python and importing all that the work imports.
        peak_bytes: Largest memory of the process.
    """

    outcome: Returned
    start_seconds: float
    peak_bytes: int


class Stopwatch:
    """Counts the seconds that this process works, with its children that have ended.

    It stands still while other programs have the cores. What waits for a GPU, or works with several
    threads, is measured by the clock.
    """

    def __init__(self) -> None:
        self._clock, self._work = time.perf_counter(), _work_seconds()

    def seconds(self) -> float:
        """Seconds since the beginning."""
        clock, work = time.perf_counter() - self._clock, _work_seconds() - self._work
        return clock if _uses_gpu() else min(clock, work)


def _work_seconds() -> float:
    children = os.times()  # counts hundredths of a second
    return time.process_time() + children.children_user + children.children_system


def _uses_gpu() -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and torch.cuda.is_initialized()


def run_apart(work: Callable[..., Returned], *args: object) -> Apart[Returned]:
    """Run a function in a new process, and wait for it.

    Args:
        work: Function of a module, which is imported there.
        args: Arguments, which can be pickled.

    Raises:
        ConfigError: The process was killed, most likely for its memory.
    """
    spawning = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawning) as pool:
        try:
            return pool.submit(_measured, time.time(), work, args).result()
        except BrokenProcessPool:
            raise ConfigError(
                f"{work.__name__} was killed, most likely for its memory. Free some, or take "
                "smaller networks, batches or models."
            ) from None


def _measured(
    begin: float, work: Callable[..., Returned], args: tuple[object, ...]
) -> Apart[Returned]:
    start_seconds = min(time.time() - begin, _work_seconds())
    return Apart(work(*args), start_seconds, peak_memory_bytes())
