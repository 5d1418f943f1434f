"""Hashes of what a model is made from, and whether it is given the same again."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from teachtext.errors import StoreError
from teachtext.models.checkpoint import MadeFrom, ModelCard
from teachtext.store.checksums import folder_sha256
from teachtext.store.features import FeatureStore, StoreIdentity
from teachtext.store.tokens import TokenTable

Stores = Mapping[str, Sequence[Path]]
"""Expert -> its stores."""


def identities_of(stores: Stores) -> dict[str, StoreIdentity]:
    """Expert -> what made its features.

    Raises:
        StoreError: A store is missing, or of another version.
    """
    first = {expert: FeatureStore(paths[0]) for expert, paths in stores.items()}
    for store in first.values():
        store.check_version()
    return {expert: store.identity for expert, store in first.items()}


def made_from(tokens: TokenTable, stores: Stores) -> MadeFrom:
    """Hashes of the inputs of a model that is made from captions and features alone.

    Raises:
        StoreError: A store is missing.
    """
    features = {expert: features_sha256(paths) for expert, paths in stores.items()}
    return MadeFrom(tokens.sha256[0], features)


def features_sha256(paths: Sequence[Path]) -> str:
    """One SHA-256 of all stores of an expert, in their order.

    Raises:
        StoreError: A store is missing.
    """
    digest = hashlib.sha256()
    for path in paths:
        try:
            digest.update(folder_sha256(path).encode())
        except OSError as error:
            raise StoreError(
                f"{path} is damaged, or no feature store ({type(error).__name__}: {error}). Delete "
                "it and run snakemake again."
            ) from None
    return digest.hexdigest()


def check_made_from(card: ModelCard, folder: Path, *, tokens: TokenTable, stores: Stores) -> None:
    """Refuse to use a model beside other captions or features than it was made from.

    Args:
        card: Description of the model.
        folder: Directory of the model.
        tokens: Token vectors to use the model with, of trainval first.
        stores: Features that the model was made from, as they are now.

    Raises:
        StoreError: Something differs; the line says what.
    """
    for difference in _differences(card, tokens, stores):
        raise StoreError(f"{folder} {difference}. Delete {folder} and run snakemake again.")


def _differences(card: ModelCard, tokens: TokenTable, stores: Stores) -> Iterator[str]:
    own, given = (card.text_encoder, card.max_tokens), (tokens.encoder, tokens.max_tokens)
    if own != given:
        yield (
            f"reads with {own[0]}, at most {own[1]} tokens, but is given token vectors of "
            f"{given[0]}, at most {given[1]}"
        )
    if card.made_from.tokens != tokens.sha256[0]:
        yield f"was made from other token vectors of {own[0]} than there are now"
    if list(card.experts) != list(stores):
        yield f"looks through {', '.join(card.experts)}, but is given {', '.join(stores)}"
    for expert, paths in stores.items():
        if card.made_from.features[expert] != features_sha256(paths):
            yield f"was made from other features of {expert} than {paths[0].parent} has"
