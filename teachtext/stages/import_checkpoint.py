"""Make a model directory of a checkpoint that the authors released; nothing is trained."""

import argparse
import logging
from dataclasses import replace

from teachtext.files.hashing import file_sha256
from teachtext.interop.checkpoints.authors_files import build_released, sizes_of
from teachtext.interop.checkpoints.torch_files import read_state_dict
from teachtext.models.checkpoint import ModelCard, save_model
from teachtext.models.made_from import identities_of, made_from
from teachtext.stages._inputs import features_of, refuse_failures
from teachtext.store.tokens import read_tokens

log = logging.getLogger(__name__)


def main(args: argparse.Namespace) -> None:
    """Run the stage."""
    theirs = read_state_dict(args.checkpoint)
    refuse_failures(args)
    tokens = read_tokens(args.tokens)
    stores = dict(sorted(features_of(args).items()))
    experts = identities_of(stores)
    model, architecture = build_released(
        theirs,
        sizes_of(theirs, list(experts)),
        args.architecture,
        token_dim=tokens.tokens.dim,
        max_tokens=tokens.max_tokens,
        expert_dims={name: identity.dim for name, identity in experts.items()},
    )
    card = ModelCard(
        model=args.model,
        section="released",
        architecture=architecture,
        text_encoder=tokens.encoder,
        text_weights=tokens.weights,
        token_dim=tokens.tokens.dim,
        max_tokens=tokens.max_tokens,
        experts=experts,
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        made_from=replace(made_from(tokens, stores), checkpoint=file_sha256(args.checkpoint)),
    )
    save_model(args.output, model, card, None)
    log.info("%s: %d parameters of %s", args.model, card.parameters, args.checkpoint)
