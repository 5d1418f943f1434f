"""Text encoders: frozen language models that turn a caption into token vectors."""

import pkgutil
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from teachtext.config.catalog import TEXT_ENCODERS
from teachtext.store.weights import WeightsIdentity

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class TextEncoder(Protocol):
    """A frozen language model.

    Attributes:
        dim: D, the width of a token vector.
        weights: Identity of the weights, for provenance.
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
        encoder: Key of ``TEXT_ENCODERS``.
        max_tokens: Maximum number of tokens per caption; longer captions are truncated.
        checkpoint: File of word vectors, or hub id or folder, for encoders that need one.
        precision: Precision of the network, for encoders that accept one.

    Raises:
        ValueError: Unknown name.
        PackageError: The package with its weights is not installed.
        ConfigError: The checkpoint cannot be read.
    """
    if encoder not in TEXT_ENCODERS:
        raise ValueError(
            f"Unknown text encoder {encoder!r}. Choose one of: {', '.join(TEXT_ENCODERS)}."
        )
    entry = TEXT_ENCODERS[encoder]
    optional = {"checkpoint": checkpoint, "precision": precision}
    arguments = {key: value for key, value in optional.items() if value is not None}
    if entry.picks_device:
        # slow to import; the Snakefile has no use for it
        from teachtext.runtime.devices import pick_device

        arguments["device"] = str(pick_device())
    loaded: TextEncoder = pkgutil.resolve_name(entry.target)(max_tokens=max_tokens, **arguments)
    return loaded
