import json
from functools import partial

import numpy as np
import pyarrow.parquet as pq
import pytest
from snakemake.utils import update_config

from teachtext.cli import run
from teachtext.config.checks import load_config
from teachtext.errors import ConfigError, StoreError
from teachtext.models.checkpoint import kept_score, load_card
from teachtext.store.features import FeatureStore, StoreIdentity
from teachtext.store.records import Features
from teachtext.store.tokens import read_tokens, write_tokens
from teachtext.store.weights import WeightsIdentity
from teachtext.tables.dataset import Caption
from tests.support.joint_checkpoints import build_joint
from tests.support.running import snakemake
from tests.support.stores import write_store

main = partial(run, "build-zero-shot")

CLIP = "openai/clip-vit-base-patch32"
WITH_CLIP = {
    "experts": {
        "clip": {"network": "transformers-image", "checkpoint": CLIP, "fps": 1},
        "dino": {"network": "transformers-image", "checkpoint": "facebook/dinov2-base", "fps": 1},
        "signs": {"network": "rapidocr", "fps": 1, "text_encoder": "clip-joint"},
        "made": {"import": "data/made.npz"},
    },
    "text": {"clip-joint": {"encoder": "joint", "checkpoint": CLIP, "max_tokens": 77}},
}


def with_clip(config, *layers):
    for layer in (WITH_CLIP, *layers):
        update_config(config, layer)
    return load_config(config)


def a_model(text_encoder="clip-joint", experts=("clip",)):
    return {"zero_shot": {"zero": {"text_encoder": text_encoder, "experts": list(experts)}}}


@pytest.mark.parametrize("experts", [["clip"], ["made"], ["clip", "signs", "made"]])
def test_a_model_is_evaluated_once_and_trained_never(experts, shipped_config):
    config = with_clip(shipped_config, a_model(experts=experts))
    assert config.evaluated()["zero"] == [0]
    assert "zero" not in config.trained()
    assert set(experts) <= set(config.used_experts())
    assert (config.section("zero"), config.text_encoder_of("zero")) == ("zero_shot", "clip-joint")


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (a_model("foo"), ["zero_shot.zero.text_encoder", "'foo'", "clip-joint"]),
        (a_model("minilm"), ["'minilm'", "encoder is minilm", "Name one with encoder joint"]),
        (a_model(experts=["foo"]), ["zero_shot.zero.experts", "'foo'", "appearance"]),
        (a_model(experts=["dino"]), ["'dino'", "'facebook/dinov2-base'", f"'{CLIP}'", "the same"]),
        (a_model(experts=["motion"]), ["'motion'", "'optical-flow'", f"'{CLIP}'"]),
        (a_model(experts=["speech"]), ["'speech'", "'wordllama'", "leave the expert out"]),
        (a_model(experts=[]), ["zero_shot.zero.experts", "at least 1"]),
        ({"zero_shot": {"baseline": a_model()["zero_shot"]["zero"]}}, ["two models", "'baseline'"]),
    ],
)
def test_a_model_without_a_common_space_is_answered_in_one_line(model, words, shipped_config):
    with pytest.raises(ConfigError) as caught:
        with_clip(shipped_config, model)
    assert "\n" not in str(caught.value)
    for word in words:
        assert word in str(caught.value)


def test_a_model_may_teach_without_seeds(shipped_config):
    taught = {"students": {"teachtext": {"teachers": ["zero", "teacher-glove"]}}}
    config = with_clip(shipped_config, a_model(), taught)
    zero, glove = config.settings_of("teachtext").teachers
    assert (config.seeds_of(zero, 1), config.seeds_of(glove, 1)) == ([0], [1])


@pytest.mark.parametrize("section", ["students", "denoise"])
def test_seeds_of_a_model_are_refused(section, shipped_config):
    learner = {"students": "teachtext", "denoise": "clean"}[section]
    taught = {section: {learner: {"teachers": [{"model": "zero", "seeds": [0, 1]}]}}}
    with pytest.raises(ConfigError, match=r"'zero' is not trained here.*\[0, 1\].*name alone"):
        with_clip(shipped_config, a_model(), taught)


def write_inputs(folder, *, caption_dim, expert_dim):
    """One caption and one video, and the arguments of the stage."""
    caption = Caption("v#0", "v", "test", "a star")
    vector = np.ones((1, caption_dim), np.float32)
    weights = WeightsIdentity("some/clip", "0")
    write_tokens(
        folder / "clip-joint.parquet",
        [([caption], [vector])],
        encoder="clip-joint",
        weights=weights,
        dim=caption_dim,
        max_tokens=77,
    )
    identity = StoreIdentity("seen", "import", expert_dim, WeightsIdentity("seen.npz", "1"), {})
    times = np.zeros(1), np.ones(1)
    rows = Features(np.ones((1, expert_dim), np.float32), *times)
    write_store(folder / "seen/trainval-0.zarr", identity, {"v": rows})
    files = [f"--tokens={folder}/clip-joint.parquet", f"--features=seen={folder}/seen"]
    return [
        "--model=zero",
        *files,
        "--shards=trainval=1",
        "--max-failed-fraction=0",
        f"--output={folder}/model",
    ]


def test_the_card_says_that_nothing_was_trained(tmp_path):
    main(write_inputs(tmp_path, caption_dim=4, expert_dim=4))
    card = load_card(tmp_path / "model")
    assert (card.training, card.best_epoch, card.captions, card.parameters) == (
        None, None, "none", 0,
    )  # fmt: skip
    assert not (tmp_path / "model/history.parquet").exists()
    with pytest.raises(StoreError, match="was not trained"):
        kept_score(tmp_path / "model", card)


def test_widths_that_do_not_fit_are_answered_in_one_line(tmp_path):
    with pytest.raises(ConfigError) as caught:
        main(write_inputs(tmp_path, caption_dim=4, expert_dim=6))
    assert str(caught.value) == (
        "zero_shot.zero: captions of clip-joint (some/clip) have 4 numbers, rows of seen "
        "(seen.npz) have 6. Make both with the same checkpoint."
    )


TINY_CLIP = """
dataset: {{shards: {{trainval: 1, test: 1}}}}
experts:
  appearance: {{network: transformers-image, checkpoint: '{folder}', fps: 1}}
  motion: null
  audio: null
  speech: null
  ocr: null
text:
  wordllama: null
  minilm: null
  glove: null
  clip-joint: {{encoder: joint, checkpoint: '{folder}', max_tokens: 8}}
models:
  video_clusters: {{audio: null, speech: null, ocr: null}}
  max_rows: {{audio: null, speech: null, ocr: null}}
teachers: {{teacher-glove: null, teacher-wordllama: null}}
denoise: {{clean: null}}
students:
  baseline: null
  teachtext: {{text_encoder: clip-joint, teachers: [zero]}}
  baseline-clean: null
  teachtext-clean: null
pruned: {{appearance-baseline: null, appearance-teachvideo: null}}
zero_shot: {{zero: {{text_encoder: clip-joint, experts: [appearance]}}}}
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """One tiny CLIP sees the clips, reads the captions, and teaches a student."""
    folder = tmp_path_factory.mktemp("zero-shot")
    (folder / "clip").mkdir()
    build_joint(folder / "clip", "clip")
    (folder / "clip.yaml").write_text(TINY_CLIP.format(folder=folder / "clip"))
    done = snakemake(folder, overlay=folder / "clip.yaml")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.mark.e2e
def test_a_run_with_one_network_for_captions_and_videos_ends_at_a_report(run):
    page = (run / "results/report/index.html").read_text()
    assert "zero-shot: nothing trained" in page
    result = json.loads((run / "results/evaluate/zero/0.json").read_text())
    assert (result["section"], result["best_epoch"], result["training"]) == (
        "zero_shot",
        None,
        None,
    )
    assert result["test"]["t2v"]["gallery"] == 4
    again = snakemake(run, overlay=run / "clip.yaml")
    assert "Nothing to be done" in again.stdout + again.stderr


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.mark.e2e
def test_similarities_are_cosines_of_what_the_network_gave(run):
    tokens = read_tokens(run / "results/text/clip-joint/test.parquet")
    everything = np.arange(len(tokens.captions))
    vectors = tokens.tokens.select(everything).take(everything).values.astype(np.float32)
    caption_of = {c.caption_id: v for c, v in zip(tokens.captions, unit(vectors), strict=True)}
    store = FeatureStore(run / "results/experts/appearance/test-0.zarr")
    ranks = pq.read_table(run / "results/evaluate/zero/0.parquet").to_pylist()
    for row in (row for row in ranks if row["direction"] == "t2v"):
        means = [unit(store.features_of(video).features_TD).mean(axis=0) for video in row["top"]]
        cosines = unit(np.array(means)) @ caption_of[row["query_id"]]
        np.testing.assert_allclose(row["top_similarities"], cosines, atol=1e-5)


@pytest.mark.e2e
def test_it_teaches(run):
    card = json.loads((run / "results/models/teachtext/0/config.json").read_text())
    assert card["teachers"] == ["zero/0"]
    history = pq.read_table(run / "results/models/teachtext/0/history.parquet")
    assert min(history["distillation_loss"].to_pylist()) > 0
