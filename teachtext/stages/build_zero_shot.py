"""Make a model of a text encoder and experts that share a space; nothing is trained."""

import argparse
import logging
from collections.abc import Mapping

from teachtext.config.zero_shot import ZeroShotArchitecture
from teachtext.errors import ConfigError
from teachtext.models.checkpoint import ModelCard, build_described, save_model
from teachtext.models.made_from import identities_of, made_from
from teachtext.stages._inputs import features_of, refuse_failures
from teachtext.store.features import StoreIdentity
from teachtext.store.tokens import TokenTable, read_tokens

log = logging.getLogger(__name__)


def main(args: argparse.Namespace) -> None:
    """Run the stage."""
    refuse_failures(args)
    tokens, stores = read_tokens(args.tokens), features_of(args)
    experts = identities_of(stores)
    check_widths(args.model, tokens, experts)
    card = ModelCard(
        model=args.model,
        section="zero_shot",
        architecture=ZeroShotArchitecture(),
        text_encoder=tokens.encoder,
        text_weights=tokens.weights,
        token_dim=tokens.tokens.dim,
        max_tokens=tokens.max_tokens,
        experts=experts,
        parameters=0,
        made_from=made_from(tokens, stores),
    )
    save_model(args.output, build_described(card), card, None)
    log.info("%s: %s and %s, nothing trained", args.model, tokens.encoder, ", ".join(experts))


def check_widths(model: str, tokens: TokenTable, experts: Mapping[str, StoreIdentity]) -> None:
    """Refuse vectors that cannot be of one space.

    Args:
        model: Name of the model in config.yaml.
        tokens: Token vectors of the captions.
        experts: Expert -> identity of what made its features.

    Raises:
        ConfigError: An expert's rows are wider or narrower than captions.
    """
    for name, identity in experts.items():
        if identity.dim != tokens.tokens.dim:
            raise ConfigError(
                f"zero_shot.{model}: captions of {tokens.encoder} ({tokens.weights.name}) have "
                f"{tokens.tokens.dim} numbers, rows of {name} ({identity.weights.name}) have "
                f"{identity.dim}. Make both with the same checkpoint."
            )
