import csv

import pytest

from teachtext.cli import run
from teachtext.errors import MediaError
from teachtext.experts.ledger import (
    LedgerEntry,
    check_failures,
    ledger_entries,
    ledger_table,
    seconds_of_experts,
)
from teachtext.store.tables import write_table

ENTRIES = [
    LedgerEntry("a", "motion", "failed", "torn", 0, 0.0, "k1"),
    LedgerEntry("it's, b", "motion", "failed", "torn", 0, 0.0, "k2"),
    LedgerEntry("c", "motion", "ok", "", 1, 0.1, "k3"),
]


def test_entries_come_back():
    assert ledger_entries(ledger_table(ENTRIES)) == ENTRIES


def test_seconds_are_of_all_videos_and_unknown_for_imported_features():
    entries = [
        LedgerEntry("silent", "audio", "absent", "no sound track", 0, 0.0, "k1"),
        LedgerEntry("loud", "audio", "ok", "", 9, 0.6, "k2"),
        LedgerEntry("torn", "audio", "failed", "torn", 0, 100.0, ""),
        LedgerEntry("silent", "videomae", "ok", "", 1, 0.0, ""),
    ]
    assert seconds_of_experts(ledger_table(entries)) == {"audio": 0.6 / 3, "videomae": None}


def test_too_many_failures_stop_the_run():
    table = ledger_table(ENTRIES)
    assert check_failures(table, max_failed_fraction=0.7) == "2 failed, 1 ok"
    with pytest.raises(MediaError, match=r"2 of 3 videos failed.*torn.*list-failures"):
        check_failures(table, max_failed_fraction=0.5)


def test_what_failed_is_listed_in_a_file(tmp_path):
    write_table(tmp_path / "ledger.parquet", ledger_table(ENTRIES))
    paths = [f"--ledger={tmp_path / 'ledger.parquet'}", f"--output={tmp_path / 'failures.csv'}"]
    run("check-failures", [*paths, "--max-failed-fraction=1"])
    rows = list(csv.DictReader((tmp_path / "failures.csv").open(newline="")))
    assert [row["video_id"] for row in rows] == ["a", "it's, b"]
    assert {row["reason"] for row in rows} == {"torn"}
