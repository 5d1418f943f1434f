"""The authors' batches and weights as our models take them."""

import torch

from teachtext.interop.checkpoints.authors import from_authors, their_keys
from teachtext.models.retrieval import build_model
from teachtext.models.sequences import Sequences
from tests.support.reference import section
from tests.support.toy_sets import toy_architecture

EXPERT_DIMS = {"audio": 128, "imagenet.senet154.0": 24, "ocr": 300, "scene.densenet161.0": 16}
ARCHITECTURES = {
    "ce": {"architecture": "CollaborativeExperts", "shared_dim": 32},
    "moee": {"architecture": "MixtureOfEmbeddingExperts", "shared_dim": None},
}


def legacy_model(name, weights):
    """CE or MoEE of the authors' sizes, with weights in their keys."""
    settings = toy_architecture(
        text_clusters=3,
        video_clusters={"audio": 2, "ocr": 2},
        max_rows={"audio": 5, "ocr": 4},
        legacy=True,
        **ARCHITECTURES[name],
    )
    model = build_model(settings, token_dim=20, max_tokens=7, expert_dims=EXPERT_DIMS)
    model.load_state_dict(from_authors(tensors(weights), model))
    return model


def tensors(arrays):
    return {key: torch.from_numpy(array) for key, array in arrays.items()}


def batch(arrays, part):
    """The captions and the videos of ``train`` or ``eval``."""
    given = tensors(section(arrays, f"{part}/"))
    tokens = Sequences(given["text"], within(given["text"], given["text_n_tokens"]))
    return tokens, {expert: _features(given, expert) for expert in EXPERT_DIMS}


def _features(given, expert):
    features, available = given[f"features/{expert}"], given[f"available/{expert}"]
    if features.ndim == 2:
        return Sequences(features[:, None], available[:, None])
    return Sequences(features, within(features, given[f"n_tokens/{expert}"]) & available[:, None])


def within(values_BND, lengths_B):
    """(B, N) which rows are not padding."""
    return torch.arange(values_BND.shape[1]) < lengths_B[:, None]


def theirs(model, key, values):
    """One of our tensors as the authors' keys and tensors."""
    keys = their_keys(key, model.experts)
    if not values.ndim:
        return dict.fromkeys(keys, values)
    parts = values.split(model.caption_tower.embed.out_dims) if len(keys) > 1 else [values]
    return dict(zip(keys, parts, strict=True))
