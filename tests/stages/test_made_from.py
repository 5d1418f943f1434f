"""A model is used with the captions and features that it was made from, and no others."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from teachtext.cli import main
from teachtext.config.evaluate import EvaluateSettings
from teachtext.config.search import SearchSettings
from teachtext.store.features import StoreIdentity
from teachtext.store.records import Features
from teachtext.store.tokens import write_tokens
from teachtext.store.versions import STAGE_VERSIONS
from teachtext.tables.dataset import Caption
from tests.support.stores import write_store
from tests.support.toy_sets import DIM, TOY_WEIGHTS

SPLITS = ("train", "test")
EVALUATE = EvaluateSettings(
    top=2, normalizations=[], inverse_temperature=20, bank_captions=1, bank_top=1, sample=1, seed=0
)
INDEX = SearchSettings(models=None, exact_below=10, recall=0.9, recall_queries=1, seed=0)
STAGES = {
    "compute-similarities": ["--output=sims.parquet"],
    "build-index": [f"--settings={INDEX.model_dump_json()}", "--output=index"],
    "evaluate-model": [
        f"--settings={EVALUATE.model_dump_json()}",
        "--ranks=evaluation.parquet",
        "--output=evaluation.json",
    ],
}


def write_captions(*, encoder="toy", scale=1):
    captions = [Caption(f"{split}#0", split, split, "words") for split in SPLITS]
    vectors = [scale * np.eye(DIM, dtype=np.float32)[[place]] for place, _ in enumerate(SPLITS)]
    path = Path(f"{encoder}.parquet")
    made = {"encoder": encoder, "weights": TOY_WEIGHTS, "dim": DIM, "max_tokens": 4}
    write_tokens(path, [(captions, vectors)], **made)


def write_expert(name, *, scale=1):
    rows = scale * np.eye(DIM, dtype=np.float32)
    found = {
        split: Features(rows[[place]], np.zeros(1), np.ones(1))
        for place, split in enumerate(SPLITS)
    }
    write_store(
        Path(f"{name}/trainval-0.zarr"), StoreIdentity(name, "toy", DIM, TOY_WEIGHTS, {}), found
    )


def use(stage, *, encoder="toy", experts=("audio", "motion")):
    features = [f"{name}={name}" for name in experts]
    given = [f"--tokens={encoder}.parquet", "--features", *features, "--shards=trainval=1"]
    main([stage, "--model=model/0", *given, "--threads=1", *STAGES[stage]])


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A model of two experts, in the folder where the caller stands."""
    monkeypatch.chdir(tmp_path)
    write_captions()
    write_expert("audio")
    write_expert("motion")
    made = [
        "--tokens=toy.parquet",
        "--features",
        "audio=audio",
        "motion=motion",
        "--shards=trainval=1",
    ]
    made += ["--max-failed-fraction=0"]
    main(["build-zero-shot", "--model=model", *made, "--output=model/0"])
    return tmp_path


def refusal(*arguments, **changes):
    with pytest.raises(SystemExit) as ended:
        use(*arguments, **changes)
    told = re.sub(r"`snakemake [^`]*`", "snakemake", str(ended.value))
    return told.partition(": ")[2]


AGAIN = "Delete model/0 and run snakemake again."


@pytest.mark.parametrize("stage", STAGES)
def test_other_features_of_one_expert_are_refused(stage):
    use(stage)
    write_expert("motion", scale=2)
    assert refusal(stage) == (
        f"model/0 was made from other features of motion than motion has. {AGAIN}"
    )


def test_other_token_vectors_are_refused():
    write_captions(scale=2)
    assert refusal("evaluate-model") == (
        f"model/0 was made from other token vectors of toy than there are now. {AGAIN}"
    )


def test_another_text_encoder_is_refused():
    write_captions(encoder="late")
    assert refusal("evaluate-model", encoder="late") == (
        "model/0 reads with toy, at most 4 tokens, but is given token vectors of late, at most 4. "
        f"{AGAIN}"
    )


@pytest.mark.parametrize("experts", [("motion", "audio"), ("audio",)])
def test_other_experts_or_another_order_are_refused(experts):
    assert refusal("evaluate-model", experts=experts) == (
        f"model/0 looks through audio, motion, but is given {', '.join(experts)}. {AGAIN}"
    )


def test_a_model_of_another_version_is_refused(monkeypatch):
    monkeypatch.setitem(STAGE_VERSIONS, "build_zero_shot", 2)
    assert "(build_zero_shot 1, this one makes 2)" in refusal("evaluate-model")


def test_the_same_inputs_written_again_are_the_same(folder):
    write_captions()
    write_expert("motion")
    use("evaluate-model")
    assert json.loads((folder / "evaluation.json").read_text())["model"] == "model"
