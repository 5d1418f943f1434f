import logging
import re

from teachtext import progress
from teachtext.progress import Progress

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
