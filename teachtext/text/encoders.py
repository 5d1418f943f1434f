"""Text encoders: frozen language models that turn a caption into token vectors."""

import importlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from teachtext.weights import WeightsIdentity

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TEXT_ENCODERS = {
    "glove": "teachtext.text.glove:GloVe",
    "wordllama": "teachtext.text.wordllama:WordLlama",
    "minilm": "teachtext.text.transformer:MiniLM",
    "mpnet": "teachtext.text.transformer:MPNet",
    "transformers": "teachtext.text.transformer:TransformerEncoder",
}
"""Encoder name -> class. `transformers` takes any hub id or local folder as `checkpoint`."""


class TextEncoder(Protocol):
    """A frozen language model.

    Attributes:
        dim: D, width of a token vector.
        weights: which weights, for provenance.
    """

    dim: int
    weights: WeightsIdentity

    def encode(self, captions: Sequence[str]) -> "list[NDArray[np.float32]]":
        """Token vectors of each caption: (N, D) with 1 <= N <= max_tokens, never empty."""


def load_text_encoder(
    encoder: str, *, max_tokens: int, checkpoint: str | None = None
) -> TextEncoder:
    """Load a text encoder by its name in ``TEXT_ENCODERS``.

    Args:
        encoder: a key of ``TEXT_ENCODERS``.
        max_tokens: longer captions are cut.
        checkpoint: hub id or folder, for encoder ``transformers`` only.

    Raises:
        ValueError: unknown name.
        PackageError: the package with its weights is not installed.
    """
    if encoder not in TEXT_ENCODERS:
        raise ValueError(
            f"Unknown text encoder {encoder!r}. Choose one of: {', '.join(TEXT_ENCODERS)}."
        )
    module, name = TEXT_ENCODERS[encoder].split(":")
    arguments = {"max_tokens": max_tokens} | ({"checkpoint": checkpoint} if checkpoint else {})
    loaded: TextEncoder = getattr(importlib.import_module(module), name)(**arguments)
    return loaded
