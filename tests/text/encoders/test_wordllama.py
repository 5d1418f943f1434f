import sys

import numpy as np
import pytest

from teachtext.errors import PackageError
from teachtext.text.encoders.wordllama import WordLlama


@pytest.fixture(scope="module")
def wordllama():
    return WordLlama(max_tokens=8)


def sentence(vectors):
    mean = vectors.mean(axis=0)
    return mean / np.linalg.norm(mean)


def test_paraphrases_are_nearer_than_other_sentences(wordllama):
    captions = ["a man plays the guitar", "someone strums a guitar", "a cat drinks milk"]
    guitar, strums, cat = (sentence(vectors) for vectors in wordllama.encode(captions))
    assert guitar @ strums > guitar @ cat + 0.3


def test_rows_are_float32_tokens_without_special_ones(wordllama):
    (vectors,) = wordllama.encode(["cat"])
    assert vectors.shape == (1, wordllama.dim) == (1, 256)
    assert vectors.dtype == np.float32


def test_the_package_itself_is_not_imported(wordllama):
    assert "wordllama" not in sys.modules


def test_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "wordllama", None)
    with pytest.raises(PackageError, match=r"'wordllama'.*pip install "):
        WordLlama(max_tokens=8)
