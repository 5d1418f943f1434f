"""What a run says when it ends, of files made by hand; tests/test_workflow.py ends real ones."""

from pathlib import Path

import pyarrow as pa
import pytest

from teachtext.config.home import Home
from teachtext.jobs.ending import describe_failure, describe_success
from teachtext.store.tables import write_table
from tests.support.configurations import tiny_config
from tests.support.snakemake_notes import begin

PAGE = """<h1>x</h1><p class="headline"><span class="badge open">distillation: open</span>
It scores 0.5&nbsp;points &amp; more.</p><p class="also">Another one.</p>"""


@pytest.fixture
def folder(tmp_path):
    return tmp_path


def home_of(folder, here=None):
    return Home(folder, here or folder)


def finish(folder, page=PAGE, statuses=("ok", "failed", "ok")):
    report = folder / "results/report/index.html"
    report.parent.mkdir(parents=True)
    report.write_text(page)
    (folder / "results/search/baseline/0").mkdir(parents=True)
    videos = pa.table({"video_id": ["a", "b", "c"], "status": list(statuses)})
    write_table(folder / "results/video/manifest/test-0.parquet", videos)
    captions = pa.table({"caption_id": ["a", "b"]})
    write_table(folder / "results/text/glove/test.parquet", captions)


def test_a_run_that_ended_well_says_so_in_five_lines(folder):
    finish(folder)
    assert describe_success(tiny_config({}), home_of(folder)).splitlines() == [
        "Found:   3 videos (1 failed), 2 captions",
        "Verdict: It scores 0.5 points & more.",
        f"Report:  {folder}/results/report/index.html",
        "Search:  teachtext serve  (a page in the browser)",
        "Failed:  videos: teachtext list-failures  (names them, with reasons)",
    ]


def test_nothing_failed(folder):
    finish(folder, statuses=["ok"] * 3)
    lines = describe_success(tiny_config({}), home_of(folder)).splitlines()
    assert lines[0] == "Found:   3 videos (0 failed), 2 captions"
    assert lines[-1] == "Failed:  nothing"


def test_commands_work_from_where_snakemake_was_typed(folder):
    run = folder / "my run"
    finish(run)
    told = describe_success(tiny_config({}), home_of(run, Path("/")))
    assert f"teachtext serve --directory '{run}'" in told


def test_what_is_missing_or_damaged_is_said(folder):
    config = tiny_config({})
    assert describe_success(config, home_of(folder)).splitlines() == [
        "Found:   nothing yet",
        "Verdict: no report yet",
        "Report:  not made yet",
        "Search:  there is no index yet",
        "Failed:  nothing",
    ]
    finish(folder, page="")
    for path in ("video/manifest/test-0.parquet", "text/glove/test.parquet"):
        (folder / "results" / path).write_bytes(b"torn")
    lines = describe_success(config, home_of(folder)).splitlines()
    assert len(lines) == 5
    assert "manifest/test-0.parquet: " in lines[0]


def test_a_name_cannot_move_the_cursor(folder):
    run = folder / "a\x1b[2Jb"
    finish(run, page=PAGE.replace("points", "\x1b[2J"))
    assert "\x1b" not in describe_success(tiny_config({}), home_of(run))


def fail(folder, *outputs):
    begin(folder, "nothing/of/ours")
    log = next((folder / ".snakemake/log").iterdir())
    errors = "".join(f"Error in rule any:\n    output: {output}\n" for output in outputs)
    log.write_text(f"Select jobs to execute...\n{errors}")


def test_a_failed_run_names_jobs_with_their_last_words(folder):
    fail(folder, "results/text/glove/test.parquet")
    said = folder / "logs/embed_captions/glove/test.log"
    said.parent.mkdir(parents=True)
    said.write_text("a line\nno such file: \x1b[2J.mp4\n")
    first, job, *rest = describe_failure(tiny_config({}), home_of(folder)).splitlines()
    assert first.startswith("Failed:  1 of ")
    assert job == (
        "  embed_captions glove/test: no such file: \ufffd[2J.mp4 "
        "(logs/embed_captions/glove/test.log)"
    )
    assert rest[0] == "More:    teachtext status"


def test_many_failed_jobs_are_told_in_short(folder):
    experts = [f"results/experts/{name}/test-0.zarr" for name in ("appearance", "audio", "motion")]
    fail(folder, *experts, *(f"results/text/{name}/test.parquet" for name in ("glove", "minilm")))
    assert len(describe_failure(tiny_config({}), home_of(folder)).splitlines()) <= 8


def test_a_run_that_was_stopped_failed_in_no_job(folder):
    assert describe_failure(tiny_config({}), home_of(folder)).startswith("Failed:  none of ")
