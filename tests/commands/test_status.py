import json
import re
import shutil
from functools import partial

import pytest

from teachtext.cli import run
from teachtext.errors import ConfigError
from teachtext.jobs.plan import plan_jobs
from tests.support.configurations import tiny_config
from tests.support.running import TINY
from tests.support.snakemake_notes import begin, end

main = partial(run, "status")


def told(folder, capsys, *arguments):
    main(["--configfile", str(TINY), "--directory", str(folder), *arguments])
    return capsys.readouterr().out


def finish(folder, jobs):
    for output in (output for job in jobs for output in job.outputs):
        (folder / output).mkdir(parents=True)


def test_a_fresh_folder_waits_for_everything(tmp_path, capsys):
    lines = told(tmp_path, capsys).splitlines()
    jobs = len(plan_jobs(tiny_config({}), tmp_path))
    assert lines[0] == f"0 of {jobs} jobs done, {jobs} waiting."
    head = ["jobs", "done", "running", "failed", "killed", "waiting"]
    assert head in [line.split() for line in lines]
    assert "experts     12        -        -        -        -       12" in " ".join(
        line for line in lines if line.startswith("experts")
    ).replace("experts       12", "experts     12")
    assert "No snakemake has run here yet." in lines
    assert lines[-1].startswith("Time left: unknown for")


def test_a_finished_run_has_nothing_left(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("teachtext.jobs.snapshot.count_failed_videos", lambda folder: 0)
    finish(tmp_path, plan_jobs(tiny_config({}), tmp_path))
    lines = told(tmp_path, capsys).splitlines()
    assert lines[-1] == "Time left: none, everything is there."
    assert all(line.split()[3:] == ["-"] * 4 for line in lines[1:] if " - " in line)
    jobs = len(plan_jobs(tiny_config({}), tmp_path))
    assert lines[0] == f"{jobs} of {jobs} jobs done."


def test_a_killed_run_says_how_to_go_on(tmp_path, capsys):
    begin(tmp_path, "results/text/glove/test.parquet")
    text = told(tmp_path, capsys)
    assert "killed: embed_captions glove/test\n" in text
    overlay = "--configfile tests/support/configs/tiny.yaml"
    assert f"`snakemake --unlock --cores all {overlay} --directory {tmp_path}`, then" in text
    assert "its jobs are judged by their logs" in text


def test_many_jobs_of_a_state_are_told_in_short(tmp_path, capsys):
    jobs = plan_jobs(tiny_config({}), tmp_path)
    for job in jobs:
        begin(tmp_path, job.outputs[0])
    text = told(tmp_path, capsys)
    assert text.count("killed: ") == 21
    assert f"killed: {len(jobs) - 20} more" in text


def test_programs_get_every_job(tmp_path, capsys):
    found = json.loads(told(tmp_path, capsys, "--json"))
    assert len(found["jobs"]) == sum(sum(states.values()) for states in found["stages"].values())
    assert found["snakemake_is_running"] is None
    assert found["time_left"]["seconds"] is None
    assert {job["state"] for job in found["jobs"]} == {"waiting"}


def test_what_never_ended_makes_the_time_left_a_lower_bound(tmp_path, capsys):
    end(tmp_path, "results/text/glove/test.parquet", 41)
    last = told(tmp_path, capsys).splitlines()[-1]
    assert re.fullmatch(
        r"Time left: at least 0:03:25 of work, one job after another, and besides \d+ jobs of "
        r"rules that have not ended yet \(render_demo, probe_videos, .*, \.\.\.\)\.",
        last,
    )


def exit_code(folder, capsys):
    with pytest.raises(SystemExit) as ended:
        told(folder, capsys, "--exit-code")
    return ended.value.code


def test_a_script_learns_how_far_a_run_is_from_the_exit_code(tmp_path, capsys, monkeypatch):
    assert exit_code(tmp_path, capsys) == 4  # nothing runs
    begin(tmp_path, "results/text/glove/test.parquet")
    log = tmp_path / "logs/embed_captions/glove/test.log"
    log.parent.mkdir(parents=True)
    log.write_text("a line\n")
    assert exit_code(tmp_path, capsys) == 3  # a job has written to its log just now
    failed = "Error in rule embed_captions:\n    output: results/text/minilm/test.parquet\n"
    next((tmp_path / ".snakemake/log").iterdir()).write_text(f"Select jobs to execute...\n{failed}")
    assert exit_code(tmp_path, capsys) == 1  # also while others run
    monkeypatch.setattr("teachtext.jobs.snapshot.count_failed_videos", lambda folder: 0)
    shutil.rmtree(tmp_path / ".snakemake")
    finish(tmp_path, plan_jobs(tiny_config({}), tmp_path))
    assert exit_code(tmp_path, capsys) == 0


def test_a_folder_that_is_not_there_is_one_line(tmp_path):
    with pytest.raises(ConfigError, match="is no folder"):
        main(["--directory", str(tmp_path / "none")])


def test_what_a_log_says_cannot_move_the_cursor(tmp_path, capsys):
    begin(tmp_path, "nothing/of/ours")
    log = next((tmp_path / ".snakemake/log").iterdir())
    failed = "Error in rule embed_captions:\n    output: results/text/glove/test.parquet\n"
    log.write_text(f"Select jobs to execute...\n{failed}")
    said = tmp_path / "logs/embed_captions/glove/test.log"
    said.parent.mkdir(parents=True)
    said.write_text("a line\nno such file: \x1b[2J.mp4\n")
    text = told(tmp_path, capsys)
    assert "failed: embed_captions glove/test | no such file: \ufffd[2J.mp4 | logs/embed" in text
