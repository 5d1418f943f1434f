"""What every text encoder of the catalogue keeps to; a new one is tested by being there."""

import re

import numpy as np
import pytest

from teachtext.config.catalog import TEXT_ENCODERS
from tests.support.text_encoders import load_encoder

MAX_TOKENS = 5
CAPTIONS = [
    "the red dog",
    "",
    "  ",
    "?!",
    "xqzzyqx",
    "\u200b",
    "🦊",
    "Ich gehe im 東京 spazieren",
    "dog " * 50,
    "a" * 3000,
    "the red dog",
]


@pytest.fixture(scope="module", params=TEXT_ENCODERS)
def encoder(request, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp(request.param)
        yield load_encoder(request.param, folder, patch, max_tokens=MAX_TOKENS)


@pytest.fixture(scope="module")
def vectors(encoder):
    return encoder.encode(CAPTIONS)


def test_no_caption_is_empty_or_has_more_vectors_than_tokens_are_allowed(encoder, vectors):
    assert len(vectors) == len(CAPTIONS)
    for one in vectors:
        assert one.ndim == 2
        assert 1 <= len(one) <= MAX_TOKENS
        assert one.shape[1] == encoder.dim


def test_vectors_are_finite_float32(vectors):
    for one in vectors:
        assert one.dtype == np.float32
        assert np.isfinite(one).all()


def test_the_same_captions_give_the_same_bytes(encoder, vectors):
    again = encoder.encode(CAPTIONS)
    assert [one.tobytes() for one in again] == [one.tobytes() for one in vectors]


def test_each_caption_has_the_vectors_that_it_has_alone(encoder, vectors):
    for caption, together in zip(CAPTIONS, vectors, strict=True):
        (alone,) = encoder.encode([caption])
        np.testing.assert_allclose(alone, together, atol=1e-4)


def test_captions_are_cut_at_their_end(encoder, vectors):
    (longer,) = encoder.encode(["dog " * 500])
    np.testing.assert_allclose(longer, vectors[CAPTIONS.index("dog " * 50)], atol=1e-4)


def test_no_captions_give_no_vectors(encoder):
    assert encoder.encode([]) == []


def test_weights_are_named_and_hashed(encoder):
    assert encoder.weights.name
    assert re.fullmatch("[0-9a-f]{64}", encoder.weights.sha256)
