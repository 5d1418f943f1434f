"""Identity of weights: a name and a hash of the bytes, for provenance. Reads files only."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from teachtext.errors import StoreError

CARD, WEIGHTS = "config.json", "model.safetensors"
"""Of a model directory: what the model is, and its numbers."""


@dataclass(frozen=True)
class WeightsIdentity:
    """Which weights made a feature or a token vector.

    Attributes:
        name: Package and version, hub id or folder.
        sha256: SHA-256 over the bytes of all weight files in order; over the parameters for
            handcrafted features.
    """

    name: str
    sha256: str


def identify_weights(name: str, files: Iterable[Path]) -> WeightsIdentity:
    """Hash weight files in the given order."""
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            hashlib.file_digest(stream, lambda: digest)
    return WeightsIdentity(name, digest.hexdigest())


def combine_weights(first: WeightsIdentity, second: WeightsIdentity) -> WeightsIdentity:
    """Identity of two networks that work together, such as a reader and its text encoder."""
    digest = hashlib.sha256(f"{first.sha256} {second.sha256}".encode())
    return WeightsIdentity(f"{first.name} + {second.name}", digest.hexdigest())


def model_sha256(folder: Path) -> str:
    """Identity of a model: one SHA-256 of what it is and of its weights.

    The history does not count, for it tells how long epochs took.

    Raises:
        StoreError: No model directory.
    """
    try:
        return identify_weights(str(folder), [folder / CARD, folder / WEIGHTS]).sha256
    except OSError as error:
        raise StoreError(
            f"{folder} is no model directory ({type(error).__name__}: {error}). Delete it and run "
            "snakemake again."
        ) from None
