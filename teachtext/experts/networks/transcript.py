"""From recognised text to features: what experts that read or listen share. No networks."""

from collections.abc import Sequence

import numpy as np

from teachtext.store.records import Features, Recognised
from teachtext.text.encoders.registry import TextEncoder


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
