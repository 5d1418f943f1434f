"""The whole workflow on a real Slurm of one node, disturbed in every way, beside a local run."""

import fcntl
import os
import re
import signal
import subprocess
import time

import pytest

from tests.support.results import results_of
from tests.support.running import ENVIRONMENT, ROOT, command, snakemake
from tests.support.slurm.cluster import ask, running_slurm, what_is_missing

PROFILE = [
    "--workflow-profile", str(ROOT / "workflow/profiles/slurm"),
    "--slurm-status-command", "squeue", "--slurm-no-account", "--latency-wait", "10",
    "--cores", "64",  # of all jobs together
    "--slurm-init-seconds-before-status-checks", "2", "--seconds-between-status-checks", "2",
]  # fmt: skip
WAIT_SECONDS = 300
WORK = {
    "extract_expert": "experts/work",
    "train_teacher": "models/work",
    "train_student": "models/work",
}
"""Where in results the lock of a rule's jobs is."""

pytestmark = [
    pytest.mark.slurm,
    pytest.mark.skipif(bool(what_is_missing()), reason=f"no Slurm here: {what_is_missing()}"),
]


@pytest.fixture(scope="module")
def slurm(tmp_path_factory):
    """The environment for clients of a Slurm that runs while the tests of this file do."""
    with running_slurm(tmp_path_factory.mktemp("slurm"), ENVIRONMENT) as environment:
        yield environment


def records_of(slurm):
    """Id -> what Slurm knows about a job, of all jobs."""
    lines = ask(slurm, "scontrol", "--oneliner", "show", "job").splitlines()
    records = [dict(re.findall(r"(\w+)=(\S*)", line)) for line in lines]
    return {record["JobId"]: record for record in records if "JobId" in record}


def wait_for(question):
    """What the question is answered with, once that is not empty."""
    for _ in range(WAIT_SECONDS * 5):
        if answer := question():
            return answer
        time.sleep(0.2)
    raise TimeoutError(f"nothing came in {WAIT_SECONDS} seconds")


def jobs_of(slurm, rule, state):
    """Id -> what it is called, of the jobs of a rule that are in a state."""
    return {
        job: record["Comment"]
        for job, record in records_of(slurm).items()
        if record["JobState"] == state and record.get("Comment", "").startswith(f"rule_{rule}_")
    }


TOY = """
rule all:
    input:
        expand("{part}", part=["evaluate", "decode", "probe-0", "probe-1"]),

rule evaluate_model:
    output: "evaluate"
    resources: gpu=2
    shell: "touch {output}"

rule decode_videos:
    output: "decode"
    resources: gpu=0
    params: memory=lambda wildcards, resources: resources.mem_mb
    shell: "test {params.memory} -gt 6000; touch {output}"

rule probe_videos:
    output: "probe-{shard}"
    shell: "touch {output}"
"""


def test_the_profile_asks_for_what_each_job_needs(slurm, tmp_path):
    (tmp_path / "Snakefile").write_text(TOY)
    known = records_of(slurm)
    subprocess.run(["snakemake", *PROFILE], cwd=tmp_path, env=slurm, check=True)
    records = [record for name, record in records_of(slurm).items() if name not in known]
    asked = sorted(
        (record["Comment"], record["Partition"], record["MinMemoryNode"], record["JobState"])
        for record in records
    )
    assert asked == [
        ("rule_decode_videos", "cpu", "12000M", "COMPLETED"),
        ("rule_decode_videos", "cpu", "6000M", "FAILED"),
        ("rule_evaluate_model", "gpu", "8000M", "COMPLETED"),
        ("rule_probes_probe_videos", "cpu", "8000M", "COMPLETED"),
    ]
    gpus = {record["Comment"]: record.get("TresPerJob") for record in records}
    assert {name for name, asked in gpus.items() if asked} == {"rule_evaluate_model"}
    assert gpus["rule_evaluate_model"].endswith("gpu:2")
    assert {record["Requeue"] for record in records} == {"1"}


@pytest.fixture
def start(slurm):
    """Start snakemake in a folder; it ends with the test."""
    started = []

    def start_in(folder):
        with (folder / "snakemake.log").open("a") as log:
            process = subprocess.Popen(
                command(folder, *PROFILE), env=slurm, stdout=log, stderr=log, start_new_session=True
            )
        started.append(process)
        return process

    yield start_in
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)


def parts_of(rule, name):
    """The wildcards of a job, as part of a path."""
    return name.removeprefix(f"rule_{rule}_wildcards_").replace("_", "/")


def is_held(lock):
    """Whether a process works on what the lock is of."""
    if not lock.exists():
        return False
    with lock.open() as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def job_at_work(slurm, folder, rule):
    """A job of a rule, and what it is called, in the middle of its work."""
    work = folder / "results" / WORK[rule]
    return wait_for(
        lambda: [
            (job, name)
            for job, name in jobs_of(slurm, rule, "RUNNING").items()
            if is_held(work / parts_of(rule, name) / "lock")
        ]
    )[0]


def cancel(slurm, folder, rule):
    job, _ = job_at_work(slurm, folder, rule)
    ask(slurm, "scancel", job)
    wait_for(lambda: job in jobs_of(slurm, rule, "CANCELLED"))


def preempt(slurm, folder, rule):
    """Submit a job that needs the whole node and may push aside what runs there."""
    job, _ = job_at_work(slurm, folder, rule)
    ask(slurm, "sbatch", "--partition=urgent", "--exclusive", "--output=/dev/null", "--wrap=true")
    wait_for(lambda: records_of(slurm)[job]["Restarts"] == "1")


def kill_and_resubmit(slurm, folder, rule, process, start):
    """Kill snakemake -9, and have a job submitted again that still runs and shall be let run."""
    job, name = job_at_work(slurm, folder, rule)
    ask(slurm, "scontrol", "suspend", job)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert snakemake(folder, "--unlock").returncode == 0
    process = start(folder)
    log = folder / f"logs/{rule}/{parts_of(rule, name)}.log"
    wait_for(lambda: "another process works on this" in log.read_text())
    assert name in jobs_of(slurm, rule, "RUNNING").values()
    assert job in jobs_of(slurm, rule, "SUSPENDED")
    ask(slurm, "scontrol", "resume", job)
    return process


def test_a_run_disturbed_in_every_way_ends_with_the_bytes_of_a_local_one(slurm, start, tmp_path):
    local, remote = tmp_path / "local", tmp_path / "remote"
    local.mkdir()
    remote.mkdir()
    done = snakemake(local)
    assert done.returncode == 0, done.stdout + done.stderr
    process = start(remote)
    cancel(slurm, remote, "extract_expert")
    preempt(slurm, remote, "train_teacher")
    process = kill_and_resubmit(slurm, remote, "train_student", process, start)
    assert process.wait() == 0, (remote / "snakemake.log").read_text()
    assert (remote / "results/report/index.html").exists()
    expected, found = results_of(local), results_of(remote)
    assert expected.keys() == found.keys()
    assert not [name for name in expected if expected[name] != found[name]]
