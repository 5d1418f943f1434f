"""A pruning chooses among models that differ in their experts alone."""

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from teachtext.config.training import TrainingSettings
from teachtext.errors import StoreError
from teachtext.models.checkpoint import MadeFrom, ModelCard
from teachtext.stages.prune_expert import check_alike
from tests.support.running import ROOT
from tests.support.toy_sets import MADE_FROM, TOY_WEIGHTS, toy_architecture

TRAINING = yaml.safe_load((ROOT / "config.yaml").read_text())["training"]


def training(**changes):
    return TrainingSettings(**TRAINING | changes)


def card(**changes):
    values = {
        **{"model": "lean", "seed": 0, "section": "pruned", "architecture": toy_architecture()},
        **{"training": training(), "text_encoder": "glove", "text_weights": TOY_WEIGHTS},
        **{"token_dim": 6, "max_tokens": 4, "experts": {}, "teachers": [], "captions": "all"},
        **{"train_captions": 2, "train_videos": 2, "best_epoch": 0, "parameters": 1},
        "made_from": MADE_FROM,
    }
    return ModelCard(**values | changes)


def test_models_of_other_experts_and_event_files_are_alike():
    events = training(tensorboard=not TRAINING["tensorboard"])
    fewer = MadeFrom(MADE_FROM.tokens, {"audio": "0"})
    check_alike({Path("a"): card(), Path("b"): card(made_from=fewer, training=events)})


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"training": training(epochs=9)}, "training"),
        ({"captions": "clean"}, "captions"),
        ({"made_from": replace(MADE_FROM, tokens="1")}, "token vectors of glove"),
        ({"made_from": replace(MADE_FROM, features={"audio": "1"})}, "features of audio"),
    ],
)
def test_models_that_differ_otherwise_are_refused(changes, what):
    line = f"b and a were trained with different {what}. Delete both and run snakemake again."
    with pytest.raises(StoreError, match=f"^{line}$"):
        check_alike({Path("a"): card(), Path("b"): card(**changes)})
