from functools import partial

import pytest

from teachtext.cli import run
from teachtext.commands.plan import RunPlan, describe_plan
from teachtext.errors import ConfigError
from teachtext.experts.planning import MediaSample
from teachtext.jobs.costs import JobCost, RunSizes
from teachtext.jobs.plan import PlannedJob, plan_jobs
from teachtext.video.manifest import VideoRecord
from tests.support.configurations import tiny_config
from tests.support.running import TINY

main = partial(run, "plan")
SIZES = RunSizes(1000, {"train": 5, "val": 3, "test": 2}, {"train": 3, "val": 1, "test": 1})
DONE = PlannedJob("video", "decode_videos", "test-0", ("p0",))
LEFT = [
    PlannedJob("experts", "extract_expert", "motion/test-0", ("m0",)),
    PlannedJob("experts", "extract_expert", "motion/none-0", ("m1",)),
    PlannedJob("students", "train_student", "baseline/0", ("b",)),
]
COSTS = [JobCost(1800, 2e9, 3e9), JobCost(1800, 2e9, 3e9), JobCost(600, 1e9, 1e9)]


def described(costs=COSTS, media=None, jobs=LEFT):
    left = list(zip(jobs, costs, strict=True))
    return describe_plan(RunPlan(tiny_config({}), SIZES, media, [DONE, *jobs], left), cores=2)


def test_stages_and_experts_have_times_and_sizes():
    rows = {line.split()[0]: line.split()[1:] for line in described().splitlines() if line}
    assert rows["video"] == ["-", "1", "-"]
    expected = ["2", "2", "1:00:00", "0:50:00", "1:12:00", "6.000", "2.00"]
    assert rows["experts"] == rows["motion"] == expected
    assert rows["all"] == ["3", "4", "1:10:00", "0:58:20", "1:24:00", "7.000", "2.00"]


def test_the_clock_disk_and_memory_of_all():
    told = described()
    assert told.startswith("1000 videos, 10 captions\n")
    # two extractions side by side, then one training
    assert "Time on 2 cores: 0:40:00, likely between 0:33:20 and 0:48:00." in told
    assert "Disk: 7.000 GB. Memory: at most 2.00 GB a job, 4.00 GB with 2 at once." in told
    assert "shards" not in told


def test_what_was_not_measured_is_named():
    told = described([None, None, COSTS[2]])
    assert "Time on 2 cores: at least 0:10:00, " in told
    assert "Not in it: 2 jobs of extract_expert." in told


def test_a_run_that_decodes_needs_shards_and_a_place_for_frames():
    reasons = {"v\n7": "torn \x1b[2J"}
    record = VideoRecord("v\n7", "", 0.0, None, status="failed", reason="torn")
    told = described(
        media=MediaSample([record], reasons, 0.1, 0.4, media_bytes=1e6, decoder_bytes=0)
    )
    assert "Decoded frames and sound, at most, for a while: 1.000 GB." in told
    now = "{trainval: 1, test: 1, none: 1}"
    assert f"Advised: dataset.shards: {{trainval: 1, test: 1, none: 4}} (now {now})." in told
    assert "  'v\\n7': torn \ufffd[2J" in told


def test_the_demo_is_rendered_first(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=r"`snakemake data/demo/videos\.csv`"):
        main(["--configfile", str(TINY), "--cores", "3"])


def test_nothing_is_measured_of_a_finished_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for output in (
        output for job in plan_jobs(tiny_config({}), tmp_path) for output in job.outputs
    ):
        (tmp_path / output).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / output).touch()
    monkeypatch.setattr("teachtext.jobs.snapshot.count_failed_videos", lambda folder: 0)
    main(["--configfile", str(TINY), "--cores", "2"])
    assert capsys.readouterr().out == "Everything is there: nothing is left to compute.\n"


@pytest.mark.parametrize("options", [["--cores", "0"], ["--cores", "2", "--sample", "-1"]])
def test_numbers_below_one_are_refused(options, capsys):
    with pytest.raises(SystemExit):
        main(options)
    assert "is not a whole number above 0" in capsys.readouterr().err
