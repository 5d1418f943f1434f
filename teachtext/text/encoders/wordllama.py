"""WordLlama: one frozen vector per word piece, without context. Reads package files."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from teachtext.pretrained.packages import package_folder, package_version
from teachtext.store.weights import identify_weights


class WordLlama:
    """Static 256-d token vectors distilled from large language models (Miller, 2024).

    The tokeniser and the vectors are read from the package's files; the package itself, which
    pools them and can download others, is never imported. Text without any token, such as an
    empty caption, becomes one vector, the mean of all: no caption is ever empty.
    """

    def __init__(self, *, max_tokens: int) -> None:
        folder = package_folder("wordllama")
        vectors = folder / "weights" / "l2_supercat_256.safetensors"
        tokenizer = folder / "tokenizers" / "l2_supercat_tokenizer_config.json"
        self.weights = identify_weights(package_version("wordllama"), [vectors, tokenizer])
        self._vectors: NDArray[np.float16] = load_file(vectors)["embedding.weight"]
        self._unknown: NDArray[np.float32] = self._vectors.mean(
            axis=0, dtype=np.float32, keepdims=True
        )
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_tokens)
        self.dim = int(self._vectors.shape[1])

    def encode(self, captions: Sequence[str]) -> list[NDArray[np.float32]]:
        """Vectors of each caption's word pieces: (N, 256), 1 <= N <= max_tokens."""
        pieces = self._tokenizer.encode_batch(list(captions), add_special_tokens=False)
        return [
            self._vectors[piece.ids].astype(np.float32) if piece.ids else self._unknown.copy()
            for piece in pieces
        ]
