"""From recognised text to features: what experts that read or listen share. No networks."""

import hashlib
from collections.abc import Sequence

import numpy as np

from teachtext.experts.base import Features, Recognised
from teachtext.text.encoders import TextEncoder
from teachtext.weights import WeightsIdentity


def embed_recognised(pieces: Sequence[Recognised], text_encoder: TextEncoder) -> Features:
    """One row per token of each piece; a row carries the times of its piece. T = 0 for none."""
    tokens = text_encoder.encode([piece.text for piece in pieces]) if pieces else []
    counts = [len(vectors) for vectors in tokens]
    return Features(
        np.concatenate([np.zeros((0, text_encoder.dim), np.float32), *tokens]),
        np.repeat(np.array([piece.start_seconds for piece in pieces], np.float64), counts),
        np.repeat(np.array([piece.end_seconds for piece in pieces], np.float64), counts),
        tuple(pieces),
    )


def combine_weights(recogniser: WeightsIdentity, text_encoder: WeightsIdentity) -> WeightsIdentity:
    """Identity of a recogniser together with the text encoder that embeds its words."""
    digest = hashlib.sha256(f"{recogniser.sha256} {text_encoder.sha256}".encode())
    return WeightsIdentity(f"{recogniser.name} + {text_encoder.name}", digest.hexdigest())
