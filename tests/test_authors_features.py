"""From an archive in the authors' layout and a released checkpoint to a report, with no video."""

import json

import pyarrow.parquet as pq
import pytest
import torch

from teachtext.models.retrieval import build_model
from teachtext.tables.dataset import Caption, write_captions
from tests.support.authors_archive import words_of, write_archive
from tests.support.authors_checkpoint import write_checkpoint
from tests.support.authors_models import theirs
from tests.support.running import snakemake, teachtext
from tests.support.toy_sets import toy_architecture

pytestmark = pytest.mark.e2e

VIDEOS = [f"video{number}" for number in range(12)]
SPLITS = ["train"] * 6 + ["val"] * 2 + ["test"] * 4
EXPERT_DIMS = {
    "audio": 5,
    "imagenet.senet154.0": 4,
    "r2p1d.r2p1d-ig65m.0": 2,
    "scene.densenet161.0": 3,
}
CONFIG = """
dataset: {name: authors, videos: null, captions: data/features/captions.csv, paragraphs: true}
experts:
  audio: {import: data/features/audio.zarr, network: null}
  imagenet.senet154.0: {import: data/features/imagenet.senet154.0.zarr}
  r2p1d.r2p1d-ig65m.0: {import: data/features/r2p1d.r2p1d-ig65m.0.zarr}
  scene.densenet161.0: {import: data/features/scene.densenet161.0.zarr}
  appearance: null
  motion: null
  speech: null
  ocr: null
text:
  glove: null
  wordllama: null
  minilm: null
  w2v: {import: data/features/text/w2v.parquet, max_tokens: 9}
  gpt2-xl-finetune: {import: data/features/text/gpt2-xl-finetune.parquet, max_tokens: 4}
models:
  legacy: true
  video_clusters: {audio: 2, speech: null, ocr: null}
  max_rows: {audio: 6, speech: null, ocr: null}
teachers:
  teacher-glove: null
  teacher-wordllama: null
  teacher-w2v: {text_encoder: w2v}
denoise: {clean: null}
students:
  baseline: null
  baseline-clean: null
  teachtext-clean: null
  teachtext: {text_encoder: gpt2-xl-finetune, teachers: [teacher-w2v, tt-ce-plus-released]}
pruned: {appearance-baseline: null, appearance-teachvideo: null}
released:
  tt-ce-plus-released: {checkpoint: data/trained_model.pth, text_encoder: gpt2-xl-finetune}
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("authors")
    captions = [
        Caption(f"{video}#{number}", video, split, words_of(video, number))
        for video, split in zip(VIDEOS, SPLITS, strict=True)
        for number in range(2)
    ]
    write_captions(folder / "data/captions.csv", captions)
    write_archive(folder / "hq.tar.gz", VIDEOS)
    arguments = {
        "--captions": "data/captions.csv",
        "--archives": "hq.tar.gz",
        "--output": "data/features",
    }
    teachtext(folder, "import-features", *(part for pair in arguments.items() for part in pair))
    (folder / "authors.yaml").write_text(CONFIG)
    write_checkpoint(folder / "data/trained_model.pth", released_weights(), zipped=False)
    done = snakemake(folder, overlay=folder / "authors.yaml")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def released_weights():
    """Of a CE of another size than config.yaml has, in the authors' keys."""
    settings = toy_architecture(text_clusters=3, max_rows={"audio": 6}, legacy=True)
    torch.manual_seed(0)
    model = build_model(settings, token_dim=6, max_tokens=4, expert_dims=EXPERT_DIMS)
    return {
        name: tensor.clone()
        for key, values in model.state_dict().items()
        for name, tensor in theirs(model, key, values).items()
    }


def evaluation(folder, model):
    return json.loads((folder / f"results/evaluate/{model}/0.json").read_text())


def test_an_archive_and_a_checkpoint_end_at_a_report(run):
    page = (run / "results/report/index.html").read_text()
    assert "weights that others trained" in page
    released = evaluation(run, "tt-ce-plus-released")
    assert released["models"]["text_clusters"] == 3
    assert released["training"] is None
    again = snakemake(run, overlay=run / "authors.yaml")
    assert "Nothing to be done" in again.stdout + again.stderr


def test_a_released_model_teaches(run):
    card = json.loads((run / "results/models/teachtext/0/config.json").read_text())
    assert card["teachers"] == ["teacher-w2v/0", "tt-ce-plus-released/0"]


def test_paragraphs_are_the_imported_vectors_of_their_captions_cut(run):
    rows = pq.read_table(run / "results/text/gpt2-xl-finetune.parquet").to_pylist()
    first = {row["video_id"]: [token[0] for token in row["tokens"]] for row in rows}
    # of each video a caption of 2 tokens and one of 3
    assert first["video4"] == [40, 40, 41, 41]


def test_what_has_no_sound_is_absent(run):
    rows = pq.read_table(run / "results/experts/ledger.parquet").to_pylist()
    absent = {(row["video_id"], row["expert"]) for row in rows if row["status"] == "absent"}
    assert absent == {("video0", "audio"), ("video1", "audio")}
