"""The whole workflow without videos: captions, features and a teacher were made elsewhere."""

import csv
import hashlib
import json
import re
import shutil

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.support.running import TINY, scatter_features, snakemake, teachtext
from tests.support.tunable_checkpoints import tiny_checkpoint

pytestmark = pytest.mark.e2e

FEATURES_ALONE = """
dataset: {name: alone, videos: null, captions: data/captions.csv}
experts:
  appearance: {import: data/seen.npz, network: null, fps: null}
  audio: {import: data/heard.npz, network: null}
  motion: null
  speech: null
  ocr: null
text:
  wordllama: null
  minilm: null
  words: {encoder: word-vectors, checkpoint: data/words.txt, max_tokens: 8}
  tuned:
    encoder: transformers
    checkpoint: data/gpt2
    max_tokens: 8
    finetune:
      {objective: contrastive, epochs: 2, batch_size: 4, learning_rate: 0.01, warmup_steps: 1,
       weight_decay: 0.01, mask_fraction: 0.15, temperature: 0.05, seed: 0, threads: 1, gpus: 0,
       precision: float32,
       gradient_checkpointing: false, state_minutes: 5}
models: {video_clusters: {speech: null, ocr: null}, max_rows: {speech: null, ocr: null}}
teachers: {teacher-wordllama: null, scorer: {import: data/scores.parquet}}
denoise: {clean: {teachers: [scorer], keep_rank_below: 2}}
students:
  baseline: null
  baseline-clean: null
  teachtext: {text_encoder: tuned, teachers: [teacher-glove, scorer]}
  teachtext-clean: {text_encoder: words, teachers: [scorer]}
pruned: {appearance-baseline: null, appearance-teachvideo: null}
"""
WITHOUT_VAL = """
dataset: {name: without-val, videos: null, captions: data/captions.csv, shards: {trainval: 1}}
experts:
  appearance: {import: data/seen.npz, network: null, fps: null}
  audio: null
  motion: null
  speech: null
  ocr: null
text:
  glove: null
  wordllama: null
  minilm: null
  words: {encoder: word-vectors, checkpoint: data/words.txt, max_tokens: 8}
models:
  video_clusters: {audio: null, speech: null, ocr: null}
  max_rows: {audio: null, speech: null, ocr: null}
training: {keep_epoch: last}
teachers:
  teacher-glove: null
  teacher-wordllama: null
  teacher: {text_encoder: words}
denoise: {clean: null}
students:
  baseline: null
  baseline-clean: null
  teachtext: {text_encoder: words, teachers: [teacher]}
  teachtext-clean: null
pruned: {appearance-baseline: null, appearance-teachvideo: null}
"""

VIDEO_IDS = [f"clip $({number})" for number in range(12)]


def write_data(folder, splits):
    """Two captions and a row of features for each video, and vectors of three words."""
    (folder / "data").mkdir()
    with (folder / "data/captions.csv").open("w", newline="") as stream:
        csv.writer(stream).writerow(["video_id", "caption", "split"])
        for video, split in zip(VIDEO_IDS, splits, strict=True):
            csv.writer(stream).writerows([video, f"a {word}", split] for word in ("dog", "cat"))
    scatter_features(folder / "data/seen.npz", [*VIDEO_IDS, "nobody's"])
    (folder / "data/words.txt").write_text("a 1 0\ndog 0 1\ncat 1 1\n")


@pytest.fixture(scope="module")
def features_alone(tmp_path_factory):
    """A run without videos: captions, features and a teacher's opinion were made elsewhere."""
    folder = tmp_path_factory.mktemp("alone")
    write_data(folder, ["train"] * 6 + ["val"] * 2 + ["test"] * 4)
    np.savez(
        folder / "data/heard.npz",
        video_id=np.array(["unknown", *VIDEO_IDS[2:]]),
        features=np.ones((20, 3)),
        offsets=np.array([0, *range(0, 21, 2)]),
    )
    write_scores(folder / "data/scores.parquet", VIDEO_IDS[::-1])
    tiny_checkpoint(folder / "data/gpt2", "gpt2")
    (folder / "alone.yaml").write_text(FEATURES_ALONE)
    done = snakemake(folder, overlay=folder / "alone.yaml")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def write_scores(path, video_ids):
    """Every caption is like its own video, except all second captions of training videos."""
    captions = [(video, number) for video in video_ids for number in (0, 1)]
    sims = [[float((own == video) != number) for video in video_ids] for own, number in captions]
    table = pa.table({"caption_id": [f"{video}#{n}" for video, n in captions], "sim": sims})
    pq.write_table(table.replace_schema_metadata({"video_ids": json.dumps(video_ids)}), path)


def test_features_alone_end_at_a_report(features_alone):
    page = (features_alone / "results/report/index.html").read_text()
    assert "clip $(11)" in page
    assert "<img" not in page
    assert not list((features_alone / "results/video").glob("m*"))
    evaluated = {path.name for path in (features_alone / "results/evaluate").iterdir()}
    assert evaluated == {"teacher-glove", "teachtext", "teachtext-clean"}
    again = snakemake(features_alone, overlay=features_alone / "alone.yaml")
    assert "Nothing to be done" in again.stdout + again.stderr


def test_a_plan_of_features_alone(features_alone, tmp_path):
    shutil.copytree(features_alone / "data", tmp_path / "data")
    files = ["--configfile", str(TINY), str(features_alone / "alone.yaml")]
    plan = teachtext(tmp_path, "plan", *files, "--cores", "2")
    assert plan.startswith("12 videos, 24 captions\n")
    assert re.search(r"^experts +6 +6 +0:00:\d\d", plan, re.M)
    assert "Time on 2 cores: at least 0:" in plan
    assert "Not in it: 2 jobs of finetune_text_encoder, import_similarities." in plan


def test_videos_that_a_file_lacks_are_absent(features_alone):
    rows = pq.read_table(features_alone / "results/experts/ledger.parquet").to_pylist()
    absent = {(row["video_id"], row["expert"], row["reason"]) for row in rows if row["reason"]}
    assert absent == {
        ("clip $(0)", "audio", "data/heard.npz lacks the video"),
        ("clip $(1)", "audio", "data/heard.npz lacks the video"),
    }
    assert "0 videos failed" in teachtext(features_alone, "list-failures")


def test_an_imported_teacher_teaches_and_ranks_captions(features_alone):
    card = json.loads((features_alone / "results/models/teachtext/0/config.json").read_text())
    assert card["teachers"] == ["teacher-glove/0", "scorer/0"]
    clean = pq.read_table(features_alone / "results/denoise/clean/0.parquet").to_pylist()
    assert {row["caption_id"][-1]: row["kept"] for row in clean} == {"0": True, "1": False}


def test_a_text_encoder_is_tuned_before_it_embeds(features_alone):
    folder = features_alone / "results/text/finetuned/tuned"
    epochs = pq.read_table(folder / "history.parquet").column("epoch").to_pylist()
    assert epochs == [0, 1, 2]
    card = json.loads((features_alone / "results/models/teachtext/0/config.json").read_text())
    assert card["text_encoder"] == "tuned"
    weights = (folder / "model.safetensors").read_bytes()
    assert card["text_weights"]["sha256"] == hashlib.sha256(weights).hexdigest()


def test_words_are_looked_up_in_a_file(features_alone):
    rows = pq.read_table(features_alone / "results/text/words/trainval.parquet").to_pylist()
    assert {row["caption"]: row["tokens"] for row in rows} == {
        "a dog": [[1, 0], [0, 1]],
        "a cat": [[1, 0], [1, 1]],
    }


def test_a_mistake_in_an_imported_file_is_one_line(features_alone, tmp_path):
    shutil.copytree(features_alone / "data", tmp_path / "data")
    np.savez(tmp_path / "data/seen.npz", video_id=np.array(["clip $(3)"]), features=[[np.nan]])
    (tmp_path / "alone.yaml").write_text(FEATURES_ALONE)
    stopped = snakemake(tmp_path, "--until", "import_expert", overlay=tmp_path / "alone.yaml")
    assert stopped.returncode != 0
    log = (tmp_path / "logs/import_expert/appearance/trainval-0.log").read_text()
    assert log.count("\n") == 1
    assert "features of 'clip $(3)' are not finite as float16" in log


@pytest.fixture
def without_val(tmp_path):
    """A folder with captions of which none are val."""
    write_data(tmp_path, ["train"] * 8 + ["test"] * 4)
    return tmp_path


def test_captions_without_val_end_at_a_report_of_the_last_epochs(without_val):
    (without_val / "alone.yaml").write_text(WITHOUT_VAL)
    done = snakemake(without_val, overlay=without_val / "alone.yaml")
    assert done.returncode == 0, done.stdout + done.stderr
    for model in ("teacher", "teachtext"):
        found = json.loads((without_val / f"results/evaluate/{model}/0.json").read_text())
        assert (found["val"], found["best_epoch"]) == (None, 2)
        assert found["test"]["t2v"]["queries"] == 8
    page = (without_val / "results/report/index.html").read_text()
    assert "kept: the last, for there is no val split." in page


def test_who_needs_a_missing_val_is_told_before_anything_is_computed(without_val):
    (without_val / "alone.yaml").write_text(WITHOUT_VAL.replace("last", "best"))
    stopped = snakemake(without_val, overlay=without_val / "alone.yaml")
    assert stopped.returncode != 0
    (line,) = [line for line in stopped.stderr.splitlines() if line.startswith("teachtext:")]
    assert "teachers.teacher chooses by it. Set training.keep_epoch: last, or" in line
    assert "Traceback" not in stopped.stderr
    assert not (without_val / "results").exists()
