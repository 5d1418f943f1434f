"""The whole workflow on a dozen rendered clips: killed in the middle, and over changed data."""

import csv
import os
import random
import re
import shutil
import signal
import subprocess
import time
from contextlib import suppress

import pyarrow.parquet as pq
import pytest
import yaml

from teachtext.errors import StoreError
from teachtext.store.features import FeatureStore
from tests.support.running import (
    ENVIRONMENT,
    TINY,
    command,
    scatter_features,
    snakemake,
    teachtext,
)

KILLS = int(os.environ.get("TEACHTEXT_TEST_KILLS", "6"))
"""Times that a run is killed; more find more and take longer."""

pytestmark = pytest.mark.e2e


def store_bytes(folder):
    stores = sorted((folder / "results/experts").glob("*/*.zarr"))
    files = [file for store in stores for file in sorted(store.rglob("*")) if file.is_file()]
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in files
        if file.name != ".snakemake_timestamp"
    }


def items_of(folder):
    """Finished items of running jobs: path -> inode, which changes when one is made again."""
    results = folder / "results"
    items = [*results.glob("video/work/*/*.json"), *results.glob("experts/work/*/*/items/*/*.npz")]
    inodes = {}
    for path in items:
        with suppress(FileNotFoundError):  # the job is moving them away
            inodes[path] = path.stat().st_ino
    return {path: inode for path, inode in inodes.items() if not path.name.startswith(".")}


def wait_for_another_item(folder, known, process):
    while process.poll() is None and items_of(folder).keys() <= known.keys():
        time.sleep(0.01)


def test_a_run_that_is_killed_again_and_again_ends_with_the_same_bytes(tiny_run, tmp_path):
    shutil.copytree(tiny_run / "data", tmp_path / "data")
    chance = random.Random(0)
    known, survived = {}, 0
    for number in range(KILLS):
        process = subprocess.Popen(
            command(tmp_path, "--until", "index_experts"),
            env=ENVIRONMENT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        if number % 2:  # in the midst of a job, however fast or slow the machine is
            wait_for_another_item(tmp_path, known, process)
        else:
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=chance.uniform(1.5, 6))
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        left = items_of(tmp_path)
        assert all(left[path] == inode for path, inode in known.items() if path in left)
        survived += len(left)
        known |= left
        assert snakemake(tmp_path, "--unlock").returncode == 0
    assert survived
    done = snakemake(tmp_path, "--until", "index_experts")
    assert done.returncode == 0, done.stdout + done.stderr
    assert store_bytes(tmp_path) == store_bytes(tiny_run)


@pytest.fixture(scope="module")
def own_data(tiny_run, tmp_path_factory):
    """The rendered clips as somebody's own data set, extracted once."""
    folder = tmp_path_factory.mktemp("own")
    shutil.copytree(tiny_run / "data/demo", folder / "data/own")
    (folder / "own.yaml").write_text(
        "dataset: {name: own, videos: data/own/videos.csv, captions: data/own/captions.csv}\n"
    )
    extract_own(folder)
    return folder


def extract_own(folder, target="results/experts/failures.csv"):
    done = snakemake(folder, target, overlay=folder / "own.yaml")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def new_videos(folder):
    """(expert, shard) -> videos that its last job had to look at; None: the job did not run."""
    logs = (folder / "logs/extract_expert").glob("*/*.log")
    texts = {(log.parent.name, log.stem): log.read_text() for log in logs}
    for log in (folder / "logs/extract_expert").glob("*/*.log"):
        log.unlink()
    found = {
        job: re.search(r"of (\d+) videos are extracted already", t) for job, t in texts.items()
    }
    return {job: int(match[1]) if match else 0 for job, match in found.items()}


def test_a_new_video_is_computed_alone(own_data):
    new_videos(own_data)
    clip = own_data / "data/own/videos/new, $(touch x) 'clip'.mp4"
    shutil.copy(next((own_data / "data/own/videos").glob("*[0-9].mp4")), clip)
    with (own_data / "data/own/videos.csv").open("a", newline="") as stream:
        csv.writer(stream).writerow(["new", f"videos/{clip.name}"])
    extract_own(own_data)
    # the clip may be silent or wordless, but no other video is looked at
    assert {job: count for job, count in new_videos(own_data).items() if count} == {
        (expert, "none-0"): 1 for expert in ("appearance", "audio", "motion", "ocr", "speech")
    }
    ledger = pq.read_table(own_data / "results/experts/ledger.parquet").to_pylist()
    assert sum(row["video_id"] == "new" for row in ledger) == 5
    assert "Nothing to be done" in extract_own(own_data)


def test_a_changed_expert_is_computed_alone(own_data):
    before = store_bytes(own_data)
    new_videos(own_data)
    with (own_data / "own.yaml").open("a") as stream:
        stream.write("experts: {ocr: {fps: 1}}\n")
    extract_own(own_data)
    counts = new_videos(own_data)
    assert {expert for (expert, _), count in counts.items() if count} == {"ocr"}
    after = store_bytes(own_data)
    assert before.keys() == after.keys()
    changed = {path.split("/")[2] for path in after if before[path] != after[path]}
    assert changed == {"ocr"}


def test_a_damaged_store_is_named_and_made_again(own_data):
    before = store_bytes(own_data)
    store = own_data / "results/experts/appearance/test-0.zarr"
    chunk = store / "features/c/0/0"
    content = bytearray(chunk.read_bytes())
    content[len(content) // 2] ^= 1
    chunk.write_bytes(content)
    with pytest.raises(StoreError, match=r"test-0\.zarr.*damaged.*Delete the \.zarr folder"):
        FeatureStore(store).rows()
    shutil.rmtree(store)
    extract_own(own_data, "results/experts/appearance/test-0.zarr")
    assert store_bytes(own_data) == before
    extract_own(own_data)


def test_a_mended_file_is_seen_and_no_other_is_computed(own_data):
    new_videos(own_data)
    clips = own_data / "data/own/videos"
    shutil.copy(next(clips.glob("*[0-9].mp4")), clips / "torn.mp4")
    extract_own(own_data)
    assert sorted(count for count in new_videos(own_data).values() if count) == [1] * 5
    assert "0 videos failed" in teachtext(own_data, "list-failures")


def test_failures_and_no_others_are_tried_again_when_asked(own_data):
    (own_data / "data/own/videos/torn.mp4").write_bytes(b"torn again")
    extract_own(own_data)
    assert "Nothing to be done" in extract_own(own_data)
    assert "1 videos will be read again" in teachtext(own_data, "retry-failures")
    extract_own(own_data)
    (log,) = [
        path.read_text()
        for path in (own_data / "logs/probe_videos").iterdir()
        if path.stem == "trainval-0"
    ]
    already, videos = re.search(r"(\d+) of (\d+) videos are probed already", log).groups()
    assert int(already) == int(videos) - 1


def test_too_many_failures_stop_the_run_before_decoding(tiny_run, tmp_path):
    shutil.copytree(tiny_run / "data/demo", tmp_path / "data/own")
    for clip in list((tmp_path / "data/own/videos").iterdir())[:4]:
        clip.write_bytes(b"torn")
    (tmp_path / "own.yaml").write_text(
        "dataset: {name: own, videos: data/own/videos.csv, captions: data/own/captions.csv}\n"
    )
    # one core: more of them may have begun to decode a shard while the last one is probed
    target = ["--cores", "1", "--until", "index_experts"]
    stopped = snakemake(tmp_path, *target, overlay=tmp_path / "own.yaml")
    assert stopped.returncode != 0
    words = "videos failed, video.max_failed_fraction allows 0.2"
    assert words in stopped.stdout + stopped.stderr
    assert not (tmp_path / "results/video/media").exists()
    assert "videos failed" in teachtext(tmp_path, "list-failures")


def test_a_run_says_how_it_ended_also_if_it_is_quiet(own_data, tmp_path):
    folder, target = tmp_path / "own", "results/experts/failures.csv"
    shutil.copytree(own_data, folder, symlinks=True)
    (folder / target).unlink()
    dry = snakemake(folder, "-n", target, overlay=folder / "own.yaml")
    assert "Found:" not in dry.stderr
    (folder / target).unlink(missing_ok=True)
    ended = snakemake(folder, target, "--quiet", "all", overlay=folder / "own.yaml")
    found, verdict, report, search, failed = ended.stderr.splitlines()[-5:]
    assert re.fullmatch(r"Found:   1[2-4] videos \(1 failed\)", found)
    assert verdict == "Verdict: no report yet"
    assert (report, search) == ("Report:  not made yet", "Search:  there is no index yet")
    assert failed.startswith(
        f"Failed:  videos: teachtext list-failures --results {folder}/results "
    )

    (folder / target).unlink()
    (folder / "results/experts/ledger.parquet").write_bytes(b"torn")
    broken = snakemake(folder, target, "--quiet", "all", overlay=folder / "own.yaml")
    assert broken.returncode != 0
    assert re.search(r"^Failed:  1 of \d+ jobs; \d+ are done$", broken.stderr, re.M)
    assert re.search(
        r"^  check_failures: .*ledger\.parquet.*check_failures\.log\)$", broken.stderr, re.M
    )
    assert f"More:    teachtext status --directory {folder}\n" in broken.stderr


def test_a_plan_before_the_run(own_data, tmp_path):
    shutil.copytree(own_data / "data", tmp_path / "data")
    plan = planned_costs(tmp_path, own_data / "own.yaml")
    assert re.search(r"1[2-4] videos, about 0.0\d hours \(from 3 videos\), \d\d captions", plan)
    assert re.search(r"^experts +12 +12 +0:0\d:\d\d", plan, re.M)
    assert re.search(r"^  motion +2 +2 +0:0\d:\d\d", plan, re.M)
    assert re.search(r"^students +4 +4 +0:0\d:\d\d", plan, re.M)
    assert re.search(r"^Time on 2 cores: 0:\d\d:\d\d, likely between 0:", plan, re.M)
    assert "Advised: dataset.shards: {trainval: 1, test: 1, none: 1} (now the same)" in plan
    assert "unknown" not in plan


def test_a_plan_leaves_out_what_is_there(own_data):
    plan = planned_costs(own_data, own_data / "own.yaml")
    assert re.search(r"^experts +- +12 +-$", plan, re.M)
    assert re.search(r"^students +\d +\d+ +0:0\d:\d\d", plan, re.M)
    assert "Advised" not in plan


def planned_costs(folder, overlay):
    files = ["--configfile", str(TINY), str(overlay)]
    return teachtext(folder, "plan", *files, "--cores", "2", "--sample", "3")


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


def test_an_expert_may_be_imported_beside_others(own_data):
    with (own_data / "data/own/videos.csv").open(newline="") as stream:
        video_ids = [row["video_id"] for row in csv.DictReader(stream)]
    scatter_features(own_data / "data/seen $(x).npz", video_ids)
    config = yaml.safe_load((own_data / "own.yaml").read_text())
    imported = {"network": None, "import": "data/seen $(x).npz"}
    config["experts"] = {**config.get("experts", {}), "audio": imported}
    (own_data / "own.yaml").write_text(yaml.safe_dump(config))
    new_videos(own_data)
    extract_own(own_data)
    assert not any(new_videos(own_data).values())
    ledger = pq.read_table(own_data / "results/experts/ledger.parquet").to_pylist()
    heard = {row["video_id"]: row for row in ledger if row["expert"] == "audio"}
    assert [row["status"] for row in heard.values()].count("ok") == len(video_ids) - 1
    assert heard[video_ids[-1]]["reason"] == "data/seen $(x).npz lacks the video"
    assert "Nothing to be done" in extract_own(own_data)
