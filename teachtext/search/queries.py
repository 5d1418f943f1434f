"""Captions that people type: read by a model's own text encoder, as those of its training were."""

from collections.abc import Sequence

import numpy as np
import torch

from teachtext.config.text import TextEncoderSettings
from teachtext.errors import ConfigError, StoreError
from teachtext.models.base import RetrievalModel
from teachtext.models.inputs import pad
from teachtext.models.similarity import CaptionEmbeddings
from teachtext.store.ragged import join
from teachtext.store.weights import WeightsIdentity
from teachtext.text.encoders.registry import TextEncoder, load_text_encoder


def load_query_encoder(
    settings: TextEncoderSettings | None, *, name: str, weights: WeightsIdentity
) -> TextEncoder:
    """Load the text encoder that a model was trained with.

    Args:
        settings: Entry of the text encoder in config.yaml; None if the token vectors were made
            elsewhere.
        name: Name of the text encoder in config.yaml.
        weights: Identity of the text encoder's weights at training.

    Raises:
        ConfigError: The text encoder cannot be loaded, or the vectors were made elsewhere.
        StoreError: The weights are not those that the model was trained with.
    """
    if settings is None:
        raise ConfigError(
            f"The token vectors of {name!r} were made elsewhere, so that nothing here reads words. "
            "Choose a model whose text encoder embeds captions here."
        )
    encoder = load_text_encoder(**settings.model_dump(exclude_none=True))
    if encoder.weights.sha256 != weights.sha256:
        raise StoreError(
            f"{encoder.weights.name} has weights {encoder.weights.sha256[:12]}, the model was "
            f"trained with {weights.name}, {weights.sha256[:12]}. Install that version."
        )
    return encoder


@torch.inference_mode()
def embed_queries(
    model: RetrievalModel, encoder: TextEncoder, captions: Sequence[str]
) -> CaptionEmbeddings:
    """Embed captions so that each gets the same score as in the evaluation.

    Args:
        model: Model that embeds the captions.
        encoder: Text encoder returned by ``load_query_encoder``.
        captions: Texts of the captions.
    """
    # as `embed_captions` stores them
    halves = [tokens.astype(np.float16) for tokens in encoder.encode(captions)]
    tokens = join(halves, np.empty((0, encoder.dim), np.float16))
    return model.encode_captions(pad(tokens, np.arange(len(captions))).to(model.device))
