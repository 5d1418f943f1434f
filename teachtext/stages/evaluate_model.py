"""Evaluate a model on the val and test splits, both directions, and keep the ranks."""

import argparse
import json
import logging
from functools import partial
from pathlib import Path

import torch

from teachtext.atomic import replacing
from teachtext.checkpoint import load_model
from teachtext.data import load_set
from teachtext.evaluation import device_of, evaluate
from teachtext.stages._arguments import add_features, features_of
from teachtext.store.tables import write_table
from teachtext.store.tokens import read_tokens

log = logging.getLogger(__name__)


def main(argv: list[str]) -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser(prog="teachtext evaluate-model", description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="model directory")
    parser.add_argument("--tokens", type=Path, required=True, help="of embed-captions")
    add_features(parser)
    parser.add_argument("--top", type=int, required=True, help="best results kept per query")
    parser.add_argument("--threads", type=int, required=True, help="of torch")
    parser.add_argument("--ranks", type=Path, required=True, help="test ranks to write (Parquet)")
    parser.add_argument("--output", type=Path, required=True, help="metrics to write (JSON)")
    args = parser.parse_args(argv)

    torch.set_num_threads(args.threads)
    model, card = load_model(args.model)
    model.to(device_of(card.training))
    tokens, stores = read_tokens(args.tokens), features_of(args)
    open_split = partial(load_set, tokens, stores, architecture=card.architecture)
    val = evaluate(model, open_split("val"), top=args.top)
    test = evaluate(model, open_split("test"), top=args.top)
    result = {
        "model": card.model,
        "seed": card.seed,
        "section": card.section,
        "architecture": card.architecture.architecture,
        "text_encoder": card.text_encoder,
        "experts": list(card.experts),
        "teachers": [name.rpartition("/")[0] for name in card.teachers],
        "captions": card.captions,
        "parameters": card.parameters,
        "best_epoch": card.best_epoch,
        "epochs": card.training.epochs,
        "val": val.metrics,
        "test": test.metrics,
    }
    write_table(args.ranks, test.ranks, {"model": card.model, "seed": str(card.seed)})
    with replacing(args.output) as temporary:
        temporary.write_text(json.dumps(result, indent=2) + "\n")
    log.info("test t2v geometric mean %.1f", test.metrics["t2v"]["geometric_mean"])
