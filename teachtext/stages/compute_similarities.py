"""Compute a model's similarities of all training captions and all training videos."""

import argparse
import logging
from pathlib import Path

import torch

from teachtext.checkpoint import load_model
from teachtext.data import load_set
from teachtext.devices import device_of
from teachtext.evaluation.evaluate import shown, similarity_blocks
from teachtext.provenance import check_made_from
from teachtext.stages._arguments import add_features, features_of
from teachtext.store.similarities import write_similarities
from teachtext.store.tokens import read_tokens

log = logging.getLogger(__name__)


def main(argv: list[str]) -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser(prog="teachtext compute-similarities", description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="model directory")
    parser.add_argument("--tokens", type=Path, required=True, help="of embed-captions")
    add_features(parser)
    parser.add_argument("--threads", type=int, required=True, help="of torch")
    parser.add_argument("--output", type=Path, required=True, help="similarities (Parquet)")
    args = parser.parse_args(argv)

    torch.set_num_threads(args.threads)
    model, card = load_model(args.model)
    tokens, stores = read_tokens(args.tokens), features_of(args)
    check_made_from(card, args.model, tokens=tokens, tokens_path=args.tokens, stores=stores)
    model.to(device_of(card.training))
    data = load_set(tokens, stores, "train", architecture=card.architecture)
    blocks = (
        ([data.captions[index].caption_id for index in indices], sims)
        for indices, sims in shown(similarity_blocks(model, data), "similarities", data)
    )
    write_similarities(
        args.output, blocks, model=f"{card.model}/{card.seed}", video_ids=data.video_ids
    )
    log.info("computed %d x %d similarities", len(data.captions), len(data.video_ids))
