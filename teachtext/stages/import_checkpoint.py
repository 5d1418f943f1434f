"""Make a model directory of a checkpoint that the authors released; nothing is trained."""

import argparse
import logging
from dataclasses import replace
from pathlib import Path

from teachtext.checkpoint import ModelCard, save_model
from teachtext.importing.checkpoints import build_released, sizes_of
from teachtext.importing.torch_files import read_state_dict
from teachtext.provenance import identities_of, made_from
from teachtext.settings import ArchitectureSettings
from teachtext.stages._arguments import (
    add_failure_limit,
    add_features,
    features_of,
    refuse_failures,
    settings_json,
)
from teachtext.store.checksums import file_sha256
from teachtext.store.tokens import read_tokens

log = logging.getLogger(__name__)


def main(argv: list[str]) -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser(prog="teachtext import-checkpoint", description=__doc__)
    parser.add_argument("--checkpoint", type=Path, required=True, help="trained_model.pth")
    parser.add_argument("--model", required=True, help="name in config.yaml")
    parser.add_argument("--tokens", type=Path, required=True, help="of its text encoder")
    add_features(parser)
    add_failure_limit(parser)
    parser.add_argument(
        "--architecture",
        type=settings_json(ArchitectureSettings),
        required=True,
        help="`models` of config.yaml, as JSON; all but max_rows is read off the checkpoint",
    )
    parser.add_argument("--output", type=Path, required=True, help="model directory to write")
    args = parser.parse_args(argv)

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
    card = ModelCard.untrained(
        args.model,
        section="released",
        architecture=architecture,
        tokens=tokens,
        experts=experts,
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        made_from=replace(made_from(tokens, stores), checkpoint=file_sha256(args.checkpoint)),
    )
    save_model(args.output, model, card, None)
    log.info("%s: %d parameters of %s", args.model, card.parameters, args.checkpoint)
