import logging
import re
import time

import pytest

from teachtext.runtime import progress
from teachtext.runtime.progress import Progress, read_progress

LOG = logging.getLogger("test")


def test_a_log_gets_rate_time_left_and_failures(caplog, monkeypatch):
    monkeypatch.setattr(progress, "LOG_EVERY_SECONDS", 0.0)
    with caplog.at_level(logging.INFO), Progress(LOG, "decode", 3, unit="video") as counter:
        counter.advance()
        counter.advance(failed=1)
        counter.advance()
    first, second, third, last = (record.message for record in caplog.records)
    assert re.fullmatch(r"decode: 1 of 3 videos, [\d.e+]+ a second, 0:00:00 left", first)
    assert second.endswith("left, 1 failed")
    assert third.startswith("decode: 3 of 3 videos")
    assert re.search(r"in \d+\.\d s, 1 failed$", last)


def test_a_log_is_not_flooded(caplog):
    with caplog.at_level(logging.INFO), Progress(LOG, "decode", 500, unit="video") as counter:
        for _ in range(500):
            counter.advance()
    assert len(caplog.records) == 1


def test_blocks_are_counted_by_their_items_when_the_next_is_asked_for(caplog):
    counter = Progress(LOG, "embed", 3, unit="caption")
    with caplog.at_level(logging.INFO):
        lines = [(block, counter.line()[:20]) for block in counter.over(["ab", "c"], count=len)]
    assert lines == [("ab", "embed: 0 of 3 captio"), ("c", "embed: 2 of 3 captio")]
    assert caplog.records[-1].message.startswith("embed: 3 of 3 captions")


def test_the_latest_line_of_a_log_is_found(monkeypatch):
    counter = Progress(LOG, "decode", 90_000, unit="video")
    counter.advance(done=1000)
    later = time.monotonic() + 1000
    monkeypatch.setattr(time, "monotonic", lambda: later)
    text = f"2026-01-01 10:00:00,000 INFO {counter.line()}\n2026-01-01 10:00:30,000 INFO other\n"
    found = read_progress(
        f"2026-01-01 09:00:00,000 INFO decode: 1 of 90000 videos, 1 a second\n{text}"
    )
    assert found.text == counter.line()
    assert found.seconds_left == pytest.approx(89_000, abs=2)


@pytest.mark.parametrize(
    ("line", "seconds"),
    [
        ("a: 1 of 2 videos, 1 a second, 2 days, 1:00:01 left, 3 failed", 2 * 86_400 + 3601),
        ("a: 2 of 2 videos, 1 a second, in 2.0 s", None),
    ],
)
def test_what_is_left_is_read(line, seconds):
    assert read_progress(f"2026-01-01 10:00:00,000 INFO {line}").seconds_left == seconds


def test_other_lines_are_no_progress():
    assert read_progress("") is None
    assert read_progress("2026-01-01 10:00:00,000 INFO 3 of 4 videos are extracted already") is None
