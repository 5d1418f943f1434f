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


def load_text_encoder(encoder: str, **arguments: object) -> TextEncoder:
    """Load a text encoder by its name, on the device that there is.

    Args:
        encoder: Key of ``TEXT_ENCODERS``.
        arguments: Keys that it needs and takes, as in config.yaml: ``max_tokens``, the maximum
            number of tokens per caption, and ``checkpoint`` and ``precision`` where it has one.

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
    if entry.picks_device:
        # slow to import; the Snakefile has no use for it
        from teachtext.runtime.devices import pick_device

        arguments["device"] = str(pick_device())
    loaded: TextEncoder = pkgutil.resolve_name(entry.target)(**arguments)
    return loaded
