"""Evaluate a model on test, and val if there is one, both directions, and keep the ranks."""

import argparse
import logging
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from teachtext.checkpoint import ModelCard, load_model
from teachtext.data import RetrievalSet, load_set, load_val
from teachtext.devices import device_of
from teachtext.evaluation.details import details_metadata, draw_sample, explain, with_details
from teachtext.evaluation.evaluate import Evaluation, draw_bank, evaluate, evaluate_normalized
from teachtext.models.base import RetrievalModel
from teachtext.packages import installed_versions
from teachtext.settings import EvaluateSettings
from teachtext.stages._arguments import add_features, features_of, settings_json
from teachtext.store.json_files import write_json
from teachtext.store.tables import write_table
from teachtext.store.tokens import read_tokens
from teachtext.teachers import teacher_labels

log = logging.getLogger(__name__)
VERSIONS = ("torch", "numpy", "pyarrow", "zarr", "safetensors")
"""Packages on which the numbers depend."""


def main(argv: list[str]) -> None:
    """Run the stage."""
    args = _parse(argv)
    settings: EvaluateSettings = args.settings
    torch.set_num_threads(args.threads)
    model, card = load_model(args.model)
    model.to(device_of(card.training))
    tokens, stores = read_tokens(args.tokens), features_of(args)
    val_set = load_val(tokens, stores, architecture=card.architecture)
    val = None if val_set is None else evaluate(model, val_set, top=settings.top).metrics
    test_set = load_set(tokens, stores, "test", architecture=card.architecture)
    test = evaluate(model, test_set, top=settings.top)
    generator = np.random.default_rng(settings.seed)
    normalized = evaluate_normalized(
        model,
        test_set,
        test,
        draw_bank(tokens, captions=settings.bank_captions, generator=generator),
        normalizations=settings.normalizations,
        inverse_temperature=settings.inverse_temperature,
        bank_top=settings.bank_top,
    )
    metrics = {"val": val, "test": test.metrics, "test_normalized": normalized}
    _write_ranks(args.ranks, card, model, test_set, test, settings)
    write_json(args.output, _facts(card) | metrics)
    log.info("test t2v geometric mean %.1f", test.metrics["t2v"]["geometric_mean"])


def _write_ranks(
    path: Path,
    card: ModelCard,
    model: RetrievalModel,
    data: RetrievalSet,
    evaluation: Evaluation,
    settings: EvaluateSettings,
) -> None:
    """Write the ranks, and what the report explains them by."""
    generator = np.random.default_rng(settings.seed)
    sample = draw_sample(data, videos=settings.sample, generator=generator)
    table = with_details(evaluation, data, explain(model, data, evaluation), sample)
    named = {"model": card.model, "seed": str(card.seed)}
    write_table(path, table, named | details_metadata(model, data, sample))


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="teachtext evaluate-model", description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="model directory")
    parser.add_argument("--tokens", type=Path, required=True, help="of embed-captions")
    add_features(parser)
    parser.add_argument(
        "--settings",
        type=settings_json(EvaluateSettings),
        required=True,
        help="`evaluate` of config.yaml, as JSON",
    )
    parser.add_argument("--threads", type=int, required=True, help="of torch")
    parser.add_argument("--ranks", type=Path, required=True, help="test ranks to write (Parquet)")
    parser.add_argument("--output", type=Path, required=True, help="metrics to write (JSON)")
    return parser.parse_args(argv)


def _facts(card: ModelCard) -> dict[str, Any]:
    return {
        "model": card.model,
        "seed": card.seed,
        "section": card.section,
        "models": card.architecture.model_dump(),
        "training": None if card.training is None else card.training.model_dump(),
        "text_encoder": card.text_encoder,
        "experts": list(card.experts),
        "teachers": teacher_labels(card.teachers),
        "captions": card.captions,
        "parameters": card.parameters,
        "best_epoch": card.best_epoch,
        "weights": {
            "text": asdict(card.text_weights),
            "experts": {name: asdict(card.experts[name].weights) for name in card.experts},
        },
        "versions": installed_versions(VERSIONS),
    }
