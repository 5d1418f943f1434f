import pytest

from teachtext.cli import run
from teachtext.errors import StoreError
from teachtext.experts.finished_shard import FinishedShard
from teachtext.jobs.retries import read_attempts
from teachtext.store.journal import Journal
from teachtext.store.tables import read_table, write_table
from tests.support.expert_shards import Shard, ToyExpert, record, torn

RECORDS = [record("a", "A"), record("it's $(x)\nb", "B"), torn("t", "no such file"), record("c")]


@pytest.fixture
def shard(tmp_path, monkeypatch):
    shard = Shard(tmp_path / "results", monkeypatch)
    shard.run(ToyExpert(breaks_on=[1]), RECORDS)
    journal = Journal(shard.results / "video/work/probed/0.jsonl")
    for one in RECORDS:
        journal.append(f"state of {one.video_id}", {"video_id": one.video_id})
    return shard


def test_failures_are_listed_with_reasons(shard, capsys):
    run("list-failures", [f"--directory={shard.results.parent}"])
    broken, unreadable, total = capsys.readouterr().out.splitlines()
    assert broken.startswith('"it\'s $(x)\\nb"\tappearance\tValueError: level 1 is too much')
    assert unreadable.startswith("'t'\tall\tno such file")
    assert total == "2 videos failed"


def test_only_failures_are_tried_again(shard, capsys):
    run("retry-failures", [f"--directory={shard.results.parent}"])
    told = capsys.readouterr().out
    assert "2 videos will be read again. Now run `snakemake --cores all --directory " in told
    assert read_attempts(shard.results) == {":0": 1, "appearance:0": 1}
    known = Journal(shard.results / "video/work/probed/0.jsonl").read()
    assert "state of t" not in known
    assert len(known) == 3
    mended = shard.run(ToyExpert(), RECORDS, decoded=RECORDS[1:2])
    assert mended.seen == [1]
    assert [status for status, _ in shard.statuses().values()] == ["ok", "ok", "failed", "ok"]


def test_one_of_them_is_tried_again(shard):
    run("retry-failures", [f"--directory={shard.results.parent}", "--video-id", "t"])
    assert read_attempts(shard.results) == {":0": 1}
    assert FinishedShard(shard.work).entries["it's $(x)\nb"].status == "failed"


def test_failures_stay_failures_until_asked(shard):
    again = shard.run(ToyExpert(), RECORDS, decoded=[])
    assert again.seen == []
    assert shard.statuses()["it's $(x)\nb"][0] == "failed"


def test_without_a_run_nothing_failed(tmp_path, capsys):
    run("list-failures", [f"--directory={tmp_path}"])
    run("retry-failures", [f"--directory={tmp_path}"])
    assert capsys.readouterr().out.splitlines() == [
        "0 videos failed",
        "0 videos will be read again.",
    ]


def test_results_of_another_version_are_named(shard):
    table = read_table(shard.ledger).drop_columns(["key"])
    write_table(shard.ledger, table)
    with pytest.raises(StoreError, match=r"ledger in results/experts has no column 'key'"):
        run("list-failures", [f"--directory={shard.results.parent}"])
