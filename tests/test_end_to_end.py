"""The whole workflow on a dozen rendered clips: once undisturbed, once killed in the middle."""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

ROOT = Path(__file__).parent.parent
CONFIGS = [str(ROOT / "config.yaml"), str(ROOT / "tests/configs/tiny.yaml")]
ENVIRONMENT = {
    **os.environ,
    "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    "HF_HUB_OFFLINE": "1",
}

pytestmark = pytest.mark.e2e


def command(folder, *arguments):
    snakefile = ["snakemake", "--snakefile", str(ROOT / "Snakefile"), "--directory", str(folder)]
    return [*snakefile, "--cores", "2", *arguments, "--configfile", *CONFIGS]


def snakemake(folder, *arguments):
    return subprocess.run(
        command(folder, *arguments), env=ENVIRONMENT, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A finished run in a folder of its own; one more video is no video at all."""
    folder = tmp_path_factory.mktemp("run")
    rendered = snakemake(folder, "--until", "render_demo")
    assert rendered.returncode == 0, rendered.stdout + rendered.stderr
    (folder / "data/demo/videos/torn.mp4").write_bytes(b"no video at all")
    for table, row in (
        ("videos", ["it's $(torn)", "videos/torn.mp4"]),
        ("captions", ["it's $(torn)", "a <script>torn</script> video", "train", "torn-0"]),
    ):
        with (folder / f"data/demo/{table}.csv").open("a", newline="") as stream:
            csv.writer(stream).writerow(row)
    done = snakemake(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def store_bytes(folder):
    stores = sorted((folder / "results/experts").glob("*/*.zarr"))
    files = [file for store in stores for file in sorted(store.rglob("*")) if file.is_file()]
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in files
        if file.name != ".snakemake_timestamp"
    }


def test_the_run_ends_at_a_report(finished):
    page = (finished / "results/report/index.html").read_text()
    assert "appearance-teachvideo" in page
    assert "<script>torn" not in page


def test_every_model_is_evaluated_on_test(finished):
    results = [
        json.loads(path.read_text()) for path in (finished / "results/evaluate").glob("*/0.json")
    ]
    assert len(results) == 9
    assert {result["test"]["t2v"]["gallery"] for result in results} == {4}
    assert all(result["test"]["t2v"]["queries"] == 20 for result in results)


def test_one_bad_video_is_a_row_of_the_ledger(finished):
    rows = pq.read_table(finished / "results/experts/ledger.parquet").to_pylist()
    failed = [row for row in rows if row["status"] == "failed"]
    assert {row["video_id"] for row in failed} == {"it's $(torn)"}
    assert len(failed) == 5
    assert "not a readable video" in failed[0]["reason"]


def test_nothing_is_left_to_do(finished):
    again = snakemake(finished)
    assert "Nothing to be done" in again.stdout + again.stderr


def test_temporary_media_and_work_folders_are_gone(finished):
    assert not list((finished / "results/video").rglob("*.zarr"))
    assert not list((finished / "results").rglob("*.npz"))


def kill_when(condition, process):
    deadline = time.monotonic() + 120
    while not condition() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def test_a_killed_run_ends_with_the_same_bytes(finished, tmp_path):
    shutil.copytree(finished / "data", tmp_path / "data")
    process = subprocess.Popen(
        command(tmp_path, "--until", "index_experts"),
        env=ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    work = tmp_path / "results/experts/work"
    kill_when(lambda: len(list(work.rglob("[!.]*.npz"))) >= 2, process)
    left = len(list(work.rglob("[!.]*.npz")))
    assert left >= 2
    assert snakemake(tmp_path, "--unlock").returncode == 0
    done = snakemake(tmp_path, "--until", "index_experts")
    assert done.returncode == 0, done.stdout + done.stderr
    logs = "".join(log.read_text() for log in (tmp_path / "logs/extract_expert").rglob("*.log"))
    resumed = [
        int(line.split(" of ")[0].split()[-1]) for line in logs.splitlines() if "already" in line
    ]
    assert sum(resumed) == left
    assert store_bytes(tmp_path) == store_bytes(finished)


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("training={epochs: 0}", "training.epochs: Input should be greater than 0"),
        ("experts={motion: {network: foo}}", "unknown network 'foo'; choose one of"),
        ("students={baseline: {text_encoder: foo}}", "names 'foo', which is not there"),
    ],
)
def test_a_config_mistake_is_one_line(tmp_path, override, words):
    answer = snakemake(tmp_path, "-n", "--config", override)
    assert answer.returncode != 0
    (line,) = [line for line in answer.stderr.splitlines() if "teachtext:" in line]
    assert words in line
    assert "Traceback" not in answer.stderr
