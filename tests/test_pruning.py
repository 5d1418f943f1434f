"""The pruning of experts as a part of the workflow: no videos, three imported experts."""

import csv
import json
import os
import signal
import subprocess
import time

import pyarrow.parquet as pq
import pytest

from tests.support.running import ENVIRONMENT, command, scatter_features, snakemake

pytestmark = pytest.mark.e2e

LEAN = """
dataset: {name: search, videos: null, captions: data/captions.csv}
experts:
  appearance: {import: data/appearance.npz, network: null, fps: null}
  scene-1: {import: data/scene-1.npz}
  audio: {import: data/audio.npz, network: null}
  motion: null
  speech: null
  ocr: null
text: {wordllama: null, minilm: null}
models: {video_clusters: {speech: null, ocr: null}, max_rows: {speech: null, ocr: null}}
teachers: {teacher-wordllama: null}
denoise: {clean: null}
students: {baseline: null, baseline-clean: null, teachtext: null, teachtext-clean: null}
pruned:
  appearance-baseline: {text_encoder: glove}
  appearance-teachvideo: null
  lean: {text_encoder: glove, teachers: [teacher-glove], keep: 1, strategy: backward}
"""
FULL = "lean+appearance+audio+scene-1"


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """A pruning that was killed at its second level, and what had been trained until then."""
    folder = tmp_path_factory.mktemp("search")
    (folder / "data").mkdir()
    video_ids = [f"clip{number}" for number in range(12)]
    splits = ["train"] * 6 + ["val"] * 2 + ["test"] * 4
    with (folder / "data/captions.csv").open("w", newline="") as stream:
        csv.writer(stream).writerow(["video_id", "caption", "split"])
        for video, split in zip(video_ids, splits, strict=True):
            csv.writer(stream).writerows([video, f"a {word}", split] for word in ("dog", "cat"))
    for expert in ("appearance", "audio", "scene-1"):
        scatter_features(folder / f"data/{expert}.npz", [*video_ids, "nobody's"])
    (folder / "search.yaml").write_text(LEAN)
    process = subprocess.Popen(
        command(folder, overlay=folder / "search.yaml"),
        env=ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    while process.poll() is None and len(smallest(folder)) < 1:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not (folder / "results/pruned/lean/2.json").exists()
    return folder, weights(folder)


def smallest(folder):
    """Models of the last level."""
    models = (folder / "results/models").glob("lean+*/0/model.safetensors")
    return [path for path in models if path.parts[-3].count("+") == 1]


def weights(folder):
    """Weights of each model -> inode, which changes when it is trained again."""
    files = (folder / "results/models").glob("*/0/model.safetensors")
    return {path.parts[-3]: path.stat().st_ino for path in files}


@pytest.fixture(scope="module")
def finished(killed):
    """The same pruning, started again."""
    folder, _ = killed
    snakemake(folder, "--unlock", overlay=folder / "search.yaml")
    done = snakemake(folder, overlay=folder / "search.yaml")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def decision(folder, level):
    return json.loads((folder / f"results/pruned/lean/{level}.json").read_text())


def test_a_pruning_goes_on_where_it_was_killed(finished, killed):
    _, before = killed
    after = weights(finished)
    assert FULL in before or len(before) > 3
    assert before.items() <= after.items()


def test_each_level_drops_the_expert_without_which_val_is_best(finished):
    first, second = decision(finished, 1), decision(finished, 2)
    assert len(first["candidates"]) == 3
    assert len(second["candidates"]) == 2
    assert {found["dropped"] for found in second["candidates"]} == set(first["experts"])
    for level in (first, second):
        scores = [found["val_t2v_geometric_mean"] for found in level["candidates"]]
        assert scores[0] == max(scores)
        assert level["dropped"] == level["candidates"][0]["dropped"]
        assert level["dropped"] not in level["experts"]


def test_only_what_the_levels_leave_is_trained_without_teachers_and_tested(finished):
    left = [decision(finished, level)["experts"] for level in (1, 2)]
    chosen = [FULL, *("+".join(["lean", *experts]) for experts in left)]
    twins = [model.replace("lean", "lean@baseline", 1) for model in chosen]
    trained = weights(finished).keys()
    assert set(chosen) | set(twins) <= trained
    assert len(trained) == 6 + len(twins) + len({"teacher-glove", "appearance-baseline"})
    evaluated = {path.name for path in (finished / "results/evaluate").iterdir()}
    assert evaluated == {*chosen, *twins, "teacher-glove", "appearance-baseline"}
    card = json.loads((finished / f"results/models/{chosen[1]}/0/config.json").read_text())
    assert (sorted(card["experts"]), card["teachers"]) == (left[0], ["teacher-glove/0"])


def test_the_table_and_the_report_tell_of_every_level(finished):
    rows = pq.read_table(finished / "results/pruned/lean/pareto.parquet").to_pylist()
    assert [(row["level"], row["distilled"]) for row in rows] == [
        (level, distilled) for distilled in (True, False) for level in (0, 1, 2)
    ]
    assert {row["seconds_per_video"] for row in rows} == {None}
    assert any(row["on_front"] for row in rows)
    page = (finished / "results/report/index.html").read_text()
    assert f"Without {decision(finished, 1)['dropped']}: " in page
    assert "made elsewhere, so the time of extraction is not known" in page


def test_a_finished_pruning_leaves_nothing_to_do(finished):
    again = snakemake(finished, overlay=finished / "search.yaml")
    assert "Nothing to be done" in again.stdout + again.stderr


def test_a_pruning_that_goes_further_keeps_what_is_trained(finished):
    """Also the other way: what a shorter walk needs is a part of the longer one."""
    shorter = finished / "shorter.yaml"
    shorter.write_text(LEAN.replace("keep: 1", "keep: 2"))
    plan = snakemake(finished, "-n", overlay=shorter)
    assert "train_pruned" not in plan.stdout
    assert "compute_pareto" in plan.stdout
