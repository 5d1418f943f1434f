"""Compute a model's similarities of all training captions and all training videos."""

import argparse
import logging

import torch

from teachtext.config.teachers import ModelSeed
from teachtext.evaluation.evaluate import shown, similarity_blocks
from teachtext.models.checkpoint import load_model
from teachtext.models.inputs import load_set
from teachtext.models.made_from import check_made_from
from teachtext.runtime.devices import device_of
from teachtext.stages._inputs import features_of
from teachtext.store.similarities import write_similarities
from teachtext.store.tokens import read_tokens

log = logging.getLogger(__name__)


def main(args: argparse.Namespace) -> None:
    """Run the stage."""
    torch.set_num_threads(args.threads)
    model, card = load_model(args.model)
    tokens, stores = read_tokens(args.tokens), features_of(args)
    check_made_from(card, args.model, tokens=tokens, stores=stores)
    model.to(device_of(card.gpus))
    data = load_set(tokens, stores, "train", architecture=card.architecture)
    blocks = (
        ([data.captions[index].caption_id for index in indices], sims)
        for indices, sims in shown(similarity_blocks(model, data), "similarities", data)
    )
    model_seed = ModelSeed(card.model, card.seed)
    write_similarities(args.output, blocks, model=str(model_seed), video_ids=data.video_ids)
    log.info("computed %d x %d similarities", len(data.captions), len(data.video_ids))
