"""Word vectors from a file of word2vec, GloVe, fastText or GrOVLE: one frozen vector per word."""

import heapq
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from teachtext.store.weights import identify_weights
from teachtext.text.encoders.word_files import WordFile
from teachtext.text.encoders.word_lookup import WordLookup

FIRST_WORDS = 50_000
"""How many words, in the order of their letters, are averaged for a caption without known words."""


class WordVectors:
    """Vectors of the words of captions, looked up as ``WordLookup`` does.

    A caption of which nothing survives becomes one vector, the mean of the vocabulary's first
    50,000 in sorted order, as in Collaborative Experts (Liu et al., 2019): no caption is ever
    empty. Memory holds the words; the vectors stay in the file.
    """

    def __init__(self, *, checkpoint: str, max_tokens: int) -> None:
        """Open a file of word vectors.

        Args:
            checkpoint: File of word vectors.
            max_tokens: Maximum number of words per caption; longer captions are truncated.

        Raises:
            ConfigError: No such file, or it is damaged or of another kind.
        """
        path = Path(checkpoint)
        self._file = WordFile(path)
        self._lookup = WordLookup(self._file.places)
        self.weights = identify_weights(path.name, [path])
        self.dim = self._file.dim
        self.max_tokens = max_tokens

    def encode(self, captions: Sequence[str]) -> list[NDArray[np.float32]]:
        """Vectors of each caption's known words: (N, D), 1 <= N <= max_tokens.

        Raises:
            ConfigError: A vector is not numbers.
        """
        return [self._encode(caption) for caption in captions]

    def _encode(self, caption: str) -> NDArray[np.float32]:
        words = self._lookup.find(caption)[: self.max_tokens]
        if not words:
            return self._unknown.copy()
        return np.stack([self._file.vector(word) for word in words])

    @cached_property
    def _unknown(self) -> NDArray[np.float32]:
        """(1, D) stands for a caption without known words."""
        first = heapq.nsmallest(FIRST_WORDS, self._file.places)
        total = np.zeros(self.dim, np.float64)
        for word in first:
            total += self._file.vector(word)
        return (total / len(first))[None].astype(np.float32)
