"""What is told of a run, by a real snakemake of three jobs and by files made by hand."""

import json
import os
import signal
import subprocess
import sys
import time

import pyarrow as pa
import pytest

from teachtext.errors import StoreError
from teachtext.jobs.plan import PlannedJob
from teachtext.jobs.snapshot import count_failed_videos, take_snapshot
from teachtext.store.tables import write_table
from tests.support.running import ENVIRONMENT
from tests.support.snakemake_notes import begin, end

WORKFLOW = """
rule all:
    input: "fails.txt", "ends.txt", "runs/0.txt"
rule fails:
    output: "fails.txt"
    log: "logs/fails/fails.log"
    shell: "echo 'teachtext fails: no such thing' > {log}; false"
rule ends:
    output: "ends.txt"
    log: "logs/ends/ends.log"
    shell: "sleep 1; touch {output}"
rule runs:
    output: "runs/0.txt"
    log: "logs/runs/0.log"
    shell: "touch {log}; echo '{READING}' > logs/runs/0.jsonl; sleep 60"
"""
READING = '{"what": "runs", "unit": "step", "done": 1, "total": 61, "failed": 0, "seconds": 1}'
ENDS, FAILS = (
    PlannedJob("a", "ends", "", ("ends.txt",)),
    PlannedJob("a", "fails", "", ("fails.txt",)),
)
RUNS, WAITS = (
    PlannedJob("b", "runs", "0", ("runs/0.txt",)),
    PlannedJob("b", "waits", "", ("waits.txt",)),
)
JOBS = [ENDS, FAILS, RUNS, WAITS]


def states(folder, jobs=JOBS):
    return {one.job.rule: one.state for one in take_snapshot(jobs, folder).jobs}


@pytest.fixture
def at_work(tmp_path):
    """A folder in which snakemake has one job left, and its process."""
    (tmp_path / "Snakefile").write_text(f"READING = {READING!r}\n{WORKFLOW}")
    command = [sys.executable, "-m", "snakemake", "--cores", "3", "--keep-going"]
    command[:3] = ["snakemake"]
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        env=ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    end = time.monotonic() + 60
    while states(tmp_path) != {
        "ends": "done",
        "fails": "failed",
        "runs": "running",
        "waits": "waiting",
    }:
        assert time.monotonic() < end, states(tmp_path)
        time.sleep(0.2)
    yield tmp_path, process
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.mark.e2e
def test_a_run_is_told_while_it_runs_and_after_it_was_killed(at_work):
    folder, process = at_work
    status = take_snapshot(JOBS, folder)
    assert status.last_run.is_alive
    (failed,) = status.of_state("failed")
    assert failed.says == "teachtext fails: no such thing"
    (running,) = status.of_state("running")
    assert running.says == "runs: 1 of 61 steps, 1 a second, 0:01:00 left"
    assert status.time_left.seconds == 60
    assert status.time_left.unknown == {"fails": 1, "waits": 1}

    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert states(folder)["runs"] == "killed"
    killed = take_snapshot(JOBS, folder)
    assert killed.last_run.is_alive is False
    assert killed.time_left.seconds is None

    subprocess.run(["snakemake", "--unlock"], cwd=folder, env=ENVIRONMENT, check=True)
    assert states(folder)["fails"] == "failed"  # the log of --unlock is not that of a run


def test_an_empty_folder_waits(tmp_path):
    status = take_snapshot(JOBS, tmp_path)
    assert {one.state for one in status.jobs} == {"waiting"}
    assert status.last_run is None
    assert status.failed_videos == 0
    assert status.time_left.seconds is None


def test_a_job_elsewhere_is_judged_by_its_log(tmp_path):
    begin(tmp_path, "runs/0.txt")
    assert states(tmp_path)["runs"] == "killed"  # no log
    log = tmp_path / RUNS.log
    log.parent.mkdir(parents=True)
    log.write_text("a line\n")
    assert states(tmp_path)["runs"] == "running"
    os.utime(log, (0, 0))
    assert states(tmp_path)["runs"] == "killed"


def test_a_quiet_run_tells_by_its_logs_what_failed(tmp_path):
    note = tmp_path / ".snakemake/log/2026-01-01T000000.000000.snakemake.log"
    note.parent.mkdir(parents=True)
    note.touch()
    for job in (ENDS, FAILS, RUNS):
        (tmp_path / job.log).parent.mkdir(parents=True)
        (tmp_path / job.log).write_text("no such thing\n")
    (tmp_path / "ends.txt").touch()
    os.utime(tmp_path / RUNS.log, (0, 0))  # of a run before
    expected = {"ends": "done", "fails": "failed", "runs": "waiting", "waits": "waiting"}
    assert states(tmp_path) == expected
    assert take_snapshot(JOBS, tmp_path).last_run.is_alive is None


def test_a_long_name_is_found(tmp_path):
    output = f"results/models/{'a' * 199}/0"
    begin(tmp_path, output)
    assert len(list((tmp_path / ".snakemake/incomplete").iterdir())) == 1
    assert states(tmp_path, [PlannedJob("a", "long", "", (output,))]) == {"long": "killed"}


def test_temporary_outputs_need_not_be_there_once_others_were_made_of_them(tmp_path):
    job = PlannedJob("video", "decode", "0", ("media",), outlived_by=("a.zarr", "b.zarr"))
    (tmp_path / "a.zarr").touch()
    assert states(tmp_path, [job]) == {"decode": "waiting"}
    (tmp_path / "b.zarr").touch()
    assert states(tmp_path, [job]) == {"decode": "done"}


def test_what_others_of_the_kind_took_is_expected(tmp_path):
    begin(tmp_path, "train/one/2")
    jobs = [PlannedJob("a", "train", f"one/{seed}", (f"train/one/{seed}",)) for seed in range(4)]
    jobs.append(PlannedJob("a", "train", "two/0", ("train/two/0",)))
    for seed, seconds in ((0, 100), (1, 200)):
        end(tmp_path, f"train/one/{seed}", seconds)
    log = tmp_path / jobs[2].log
    log.parent.mkdir(parents=True)
    log.touch()
    left = take_snapshot(jobs, tmp_path).time_left
    assert left.work_seconds == pytest.approx(3 * 150, abs=5)  # one runs, two wait
    assert (left.at_once, left.unknown) == (1, {})
    assert left.seconds == left.work_seconds


def work_on(folder, job, **reading):
    """A job that runs and tells how far it is."""
    begin(folder, job.outputs[0])
    log = folder / job.log
    log.parent.mkdir(parents=True)
    log.touch()
    values = {"what": "train", "unit": "step", "done": 1, "total": 4, "failed": 0, "seconds": 100}
    (folder / job.progress).write_text(json.dumps(values | reading))


TRAINS = PlannedJob("a", "train_teacher", "one/0", ("models/one/0",))
FOLLOWS = PlannedJob("b", "train_student", "two/0", ("models/two/0",))


def test_a_job_says_how_far_inside_it_is(tmp_path):
    work_on(tmp_path, TRAINS, part="epoch 31 of 80", done=310, total=800, seconds=310)
    (running,) = take_snapshot([TRAINS], tmp_path).of_state("running")
    told = "train: epoch 31 of 80, 310 of 800 steps, 1 a second, 0:08:10 left"
    assert running.says == told


def test_what_never_ended_takes_what_a_similar_job_foresees(tmp_path):
    work_on(tmp_path, TRAINS)  # a quarter in 100 s: 300 s left; it began now
    left = take_snapshot([TRAINS, FOLLOWS], tmp_path).time_left
    assert left.work_seconds == pytest.approx(300 + 300, abs=5)
    assert left.unknown == {}


@pytest.mark.parametrize("reading", [{"what": "read audio"}, {"done": 4}])
def test_what_is_no_measure_of_the_whole_job_foresees_nothing(tmp_path, reading):
    work_on(tmp_path, TRAINS, **reading)
    left = take_snapshot([TRAINS, FOLLOWS], tmp_path).time_left
    assert left.work_seconds == 0
    assert left.unknown == {"train_teacher": 1, "train_student": 1}


def test_failed_videos_count_once(tmp_path):
    for path, statuses in (
        ("video/manifest/0", ["failed", "ok", "ok"]),
        ("experts/audio/0", ["failed", "failed", "ok"]),
        ("experts/ocr/0", ["failed", "failed", "absent"]),
    ):
        table = pa.table({"video_id": ["a", "b", "c"], "status": statuses, "rows": [1, 2, 3]})
        write_table(tmp_path / f"results/{path}.parquet", table)
    assert count_failed_videos(tmp_path) == 2
    (tmp_path / "results/experts/ocr/0.parquet").write_bytes(b"torn")
    with pytest.raises(StoreError, match=r"Cannot read experts/\*/\*\.parquet"):
        count_failed_videos(tmp_path)
