"""Identity of frozen weights: a name and a hash of the bytes, for provenance. Reads files only."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class WeightsIdentity:
    """Which weights made a feature or a token vector.

    Attributes:
        name: package and version, hub id or folder.
        sha256: hash over the bytes of all weight files in order; of the parameters for
            handcrafted features.
    """

    name: str
    sha256: str


def identify_weights(name: str, files: Iterable[Path]) -> WeightsIdentity:
    """Hash weight files in the given order."""
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return WeightsIdentity(name, digest.hexdigest())


def combine_weights(first: WeightsIdentity, second: WeightsIdentity) -> WeightsIdentity:
    """Identity of two networks that work together, such as a reader and its text encoder."""
    digest = hashlib.sha256(f"{first.sha256} {second.sha256}".encode())
    return WeightsIdentity(f"{first.name} + {second.name}", digest.hexdigest())
