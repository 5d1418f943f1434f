"""Indexes of small galleries; words are read by looking their caption up."""

from dataclasses import replace

import numpy as np
import torch

from teachtext.config.search import SearchSettings
from teachtext.config.zero_shot import ZeroShotArchitecture
from teachtext.models.checkpoint import ModelCard, save_model
from teachtext.models.retrieval import build_model
from teachtext.search.building import build_index
from teachtext.search.hits import Clip
from teachtext.store.search_index import SearchIndexFolder
from teachtext.store.weights import model_sha256
from tests.support.toy_sets import (
    DIM,
    MADE_FROM,
    MODEL_FAMILIES,
    TOY_WEIGHTS,
    toy_architecture,
    toy_features,
    toy_set,
)

SETTINGS = SearchSettings(models=None, exact_below=1000, recall=0.95, recall_queries=20, seed=0)
_ENCODER = {"encoder": "glove", "max_tokens": 4}
WITH_ZERO_SHOT = [*MODEL_FAMILIES, "zero-shot"]


class LookUp:
    """A text encoder that knows the captions of a set by their ids."""

    weights, dim = TOY_WEIGHTS, DIM

    def __init__(self, data):
        self._data = data

    def encode(self, captions):
        ids = [caption.caption_id for caption in self._data.captions]
        return [self._data.tokens[ids.index(words)].astype(np.float32) for words in captions]


def gallery(architecture="CollaborativeExperts", videos=16):
    """Of 16 videos the first has no audio, the fifth no appearance, and the last has nothing."""
    timed = architecture == "MultiModalTransformer"
    data = toy_set(videos, timed=timed)
    seen, heard = data.experts["appearance"].rows, data.experts["audio"].rows
    rows = {
        "appearance": [seen[v][: v not in (4, videos - 1)] for v in range(videos)],
        "audio": [heard[v][: v != videos - 1] for v in range(videos)],
    }
    experts = {name: toy_features(name, each, timed) for name, each in rows.items()}
    return replace(data, experts=experts)


def settings_of(family):
    return ZeroShotArchitecture() if family == "zero-shot" else toy_architecture(family)


def write_index(run, data, family="CollaborativeExperts", settings=SETTINGS, encoder=_ENCODER):
    """A run with one model and its index; gives the model's directory."""
    torch.manual_seed(0)
    architecture = settings_of(family)
    model = build_model(
        architecture,
        token_dim=data.token_dim,
        max_tokens=data.max_tokens,
        expert_dims=data.expert_dims,
    ).eval()
    card = ModelCard(
        model="student",
        seed=0,
        section="students",
        architecture=architecture,
        training=None,
        text_encoder="glove",
        text_weights=TOY_WEIGHTS,
        token_dim=data.token_dim,
        max_tokens=data.max_tokens,
        experts=data.identities,
        teachers=[],
        captions="all",
        train_captions=0,
        train_videos=0,
        best_epoch=None,
        parameters=0,
        made_from=MADE_FROM,
    )
    path = run / "results/models/student/0"
    save_model(path, model, card, None)
    folder = run / "results/search/student/0"
    folder.mkdir(parents=True)
    splits = ["train", "test"]
    clips = [
        Clip(video, splits[number % 2], f"data/{video}.mp4", 0.0, 2.5)
        for number, video in enumerate(data.video_ids)
    ]
    index = SearchIndexFolder(folder)
    made = {"model_sha256": model_sha256(path), "text_encoder": encoder, "settings": settings}
    build_index(index, model, card, data, clips, **made)
    return path
