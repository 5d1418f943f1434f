"""Small sets of captions and videos, in memory, and models that fit them."""

import numpy as np
import torch

from teachtext.config.models import ArchitectureSettings
from teachtext.evaluation.evaluate import similarity_blocks
from teachtext.models.checkpoint import MadeFrom
from teachtext.models.inputs import RetrievalSet
from teachtext.models.retrieval import build_model
from teachtext.store.features import StoreIdentity
from teachtext.store.loading import ExpertFeatures
from teachtext.store.ragged import join
from teachtext.store.weights import WeightsIdentity
from teachtext.tables.dataset import Caption

TOY_WEIGHTS = WeightsIdentity("toy", "0")
MADE_FROM = MadeFrom("0", {"appearance": "0", "audio": "0"})
DIM = 6
MODEL_FAMILIES = ["MixtureOfEmbeddingExperts", "CollaborativeExperts", "MultiModalTransformer"]
LARGE = {"videos": 70, "per_video": 5}
"""350 captions and 70 videos: two blocks of each."""


def toy_architecture(architecture="CollaborativeExperts", **changes):
    """The smallest model of a family; ``changes`` are other keys of `models`."""
    transformer = {"layers": 1, "heads": 2, "feed_forward_dim": 16, "positions": 4, "dropout": 0}
    keys = {
        "architecture": architecture,
        "shared_dim": 16,
        "text_pooling": "netvlad",
        "text_clusters": 2,
        "text_ghost_clusters": 1,
        "video_clusters": {"audio": 2},
        "max_rows": {"audio": 3},
        "mixture_weights": "learned",
        "transformer": transformer,
        "legacy": False,
    }
    return ArchitectureSettings(**keys | changes)


def toy_model(family="CollaborativeExperts", seed=0):
    """A model of fresh weights that fits every ``toy_set``."""
    data = toy_set()
    torch.manual_seed(seed)
    return build_model(
        toy_architecture(family),
        token_dim=data.token_dim,
        max_tokens=9,
        expert_dims=data.expert_dims,
    )


def toy_set(videos=16, per_video=2, seed=0, *, split="train", timed=False):
    """Videos whose captions are noisy copies of what both experts see; the first has no audio.

    ``timed``: with the times of rows, which a MultiModalTransformer asks for.
    """
    random = np.random.default_rng(seed)
    meaning = random.standard_normal((videos, DIM)).astype(np.float16)
    captions, tokens = [], []
    for video in range(videos):
        for number in range(per_video):
            captions.append(Caption(f"{video}#{number}", f"v{video}", split, "words"))
            tokens.append(meaning[[video] * (1 + number)])
    return RetrievalSet(
        captions=captions,
        tokens=join(tokens, np.empty((0, DIM), np.float16)),
        max_tokens=per_video,
        video_ids=[f"v{video}" for video in range(videos)],
        experts={
            # as a mean: one row of float32
            "appearance": toy_features("appearance", meaning[:, None].astype(np.float32), timed),
            "audio": toy_features("audio", [meaning[:0], *meaning[1:, None]], timed),
        },
        video_of_caption=np.repeat(np.arange(videos), per_video),
    )


def toy_features(name, rows, timed=False):
    """Features of one expert, a list of (T, D) rows per video; a row a second."""
    sequences = [np.asarray(one) for one in rows]
    empty = np.empty((0, DIM), sequences[0].dtype)
    seconds = [np.arange(len(one), dtype=np.float32)[:, None] for one in sequences]
    return ExpertFeatures(
        StoreIdentity(name, "toy", DIM, TOY_WEIGHTS, {}),
        join(sequences, empty),
        join(seconds, np.empty((0, 1), np.float32)) if timed else None,
    )


def similarities(model, data):
    """(captions, videos) the whole matrix."""
    return np.concatenate([block for _, block in similarity_blocks(model, data)])
