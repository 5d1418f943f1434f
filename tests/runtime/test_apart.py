import os
import time

import pytest

from teachtext.errors import ConfigError
from teachtext.runtime.apart import Stopwatch, run_apart

MEGABYTE = 1 << 20


def numbers_of(megabytes):
    """A process's number, and how much it holds for a moment."""
    held = b"x" * (megabytes * MEGABYTE)
    return os.getpid(), len(held)


def test_a_stopwatch_counts_work_and_not_waiting():
    watch, begin = Stopwatch(), time.perf_counter()
    time.sleep(0.5)
    while watch.seconds() <= 0.2:
        sum(range(1000))
    assert 0.2 < watch.seconds() < time.perf_counter() - begin - 0.4


def end_badly():
    os._exit(3)


def test_work_is_done_in_a_process_whose_own_memory_is_counted():
    held = b"x" * (300 * MEGABYTE)  # of this process, which is not counted
    small, large = run_apart(numbers_of, 1), run_apart(numbers_of, 200)
    assert small.outcome[0] not in (os.getpid(), large.outcome[0])
    assert 100 * MEGABYTE < large.peak_bytes - small.peak_bytes < 300 * MEGABYTE
    assert small.peak_bytes < len(held)
    assert 0 < small.start_seconds < 60


def test_a_process_that_is_killed_is_one_line():
    with pytest.raises(ConfigError, match="end_badly was killed"):
        run_apart(end_badly)
