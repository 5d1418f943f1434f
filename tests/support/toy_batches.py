"""Small models of every family and batches for them."""

import torch
from torch.nn import functional as F

from teachtext.models.retrieval import build_model
from teachtext.models.sequences import Sequences
from tests.support.toy_sets import toy_architecture

DIMS = {"appearance": 6, "audio": 4, "speech": 5}
MAX_TOKENS = 4
MAX_ROWS = 3
FAMILY_SETTINGS = {
    "MoEE": {"architecture": "MixtureOfEmbeddingExperts"},
    "MoEE-raw": {"architecture": "MixtureOfEmbeddingExperts", "shared_dim": None},
    "CE": {"architecture": "CollaborativeExperts"},
    "MMT": {"architecture": "MultiModalTransformer"},
}
WITH_LEGACY = [name for name in FAMILY_SETTINGS if name != "MMT"]


def toy_family(family, experts=tuple(DIMS), **changes):
    settings = toy_architecture(
        **{"video_clusters": {"speech": 2}, "max_rows": {"speech": MAX_ROWS}}
        | FAMILY_SETTINGS[family]
        | changes
    )
    dims = {name: DIMS[name] for name in experts}
    return build_model(settings, token_dim=8, max_tokens=MAX_TOKENS, expert_dims=dims)


def rows(valid_BN, dim):
    """Random rows, zero where there are none, one every second or so."""
    seconds = torch.rand(valid_BN.shape).cumsum(dim=1)
    return Sequences(torch.randn(*valid_BN.shape, dim) * valid_BN[..., None], valid_BN, seconds)


def toy_batch(videos=5):
    """Captions of 1 to 4 tokens; in video 1 nothing is heard, video 2 has one row of speech."""
    lengths = 1 + torch.arange(videos)[:, None] % MAX_TOKENS
    heard, spoken = (
        torch.ones(videos, 1, dtype=torch.bool),
        torch.arange(MAX_ROWS) < torch.full((videos, 1), MAX_ROWS),
    )
    heard[1], spoken[1], spoken[2, 1:] = False, False, False
    return rows(torch.arange(MAX_TOKENS) < lengths, 8), {
        "appearance": rows(torch.ones(videos, 1, dtype=torch.bool), DIMS["appearance"]),
        "audio": rows(heard, DIMS["audio"]),
        "speech": rows(spoken, DIMS["speech"]),
    }


def padded_batch(item, extra):
    """The same sequences with more padding."""
    return Sequences(
        F.pad(item.values_BND, (0, 0, 0, extra)),
        F.pad(item.valid_BN, (0, extra)),
        F.pad(item.seconds_BN, (0, extra)),
    )


def noisy(item):
    """The same sequences with something in the padding."""
    values = torch.where(item.valid_BN[..., None], item.values_BND, 9.0)
    return Sequences(values, item.valid_BN, item.seconds_BN)
