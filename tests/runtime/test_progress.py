import logging
import re

import pytest

from teachtext.runtime import progress
from teachtext.runtime.progress import Progress, Reading, Record, read_record

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
        done = [(block, counter.reading().done) for block in counter.over(["ab", "c"], count=len)]
    assert done == [("ab", 0), ("c", 2)]
    assert caplog.records[-1].message.startswith("embed: 3 of 3 captions")


def test_what_is_left_follows_from_the_rate():
    reading = Reading("decode", "video", done=1000, total=90_000, failed=2, seconds=500.0)
    assert (reading.rate, reading.seconds_left) == (2.0, 44_500.0)
    assert str(reading) == "decode: 1000 of 90000 videos, 2 a second, 12:21:40 left, 2 failed"
    assert Reading("decode", "video", 0, 3, 0, 5.0).seconds_left is None


@pytest.fixture
def record(tmp_path):
    """A file that keeps what is told to the log."""
    path = tmp_path / "job.jsonl"
    path.write_text('{"what": "of an earlier job"}\n')
    handler = Record(path)
    LOG.addHandler(handler)
    LOG.setLevel(logging.INFO)
    yield path
    LOG.removeHandler(handler)


def test_a_record_keeps_the_latest_reading_and_no_other_messages(record):
    assert read_record(record) is None
    LOG.info("3 of 4 videos are extracted already")
    with Progress(LOG, "extract", 4, unit="video") as counter:
        counter.advance(done=3, failed=1)
    found = read_record(record)
    assert (found.what, found.done, found.total, found.failed) == ("extract", 3, 4, 1)
    assert len(record.read_text().splitlines()) == 1


def test_a_record_is_newer_than_the_log(record, monkeypatch, caplog):
    monkeypatch.setattr(progress, "RECORD_EVERY_SECONDS", 0.0)
    LOG.setLevel(logging.DEBUG)
    with Progress(LOG, "train", 80, unit="step") as counter:
        assert read_record(record).done == 0
        counter.enter("epoch 2 of 4")
        counter.advance(done=30)
        assert str(read_record(record)).startswith("train: epoch 2 of 4, 30 of 80 steps, ")
        assert not [one for one in caplog.records if one.levelno >= logging.INFO]
        counter.advance(done=50)
    assert str(read_record(record)).startswith("train: 80 of 80 steps, ")


def test_a_line_that_is_being_written_is_passed_over(record):
    with Progress(LOG, "extract", 4, unit="video") as counter:
        counter.advance()
    with record.open("a") as stream:
        stream.write('{"what": "extr')
    assert read_record(record).done == 1
