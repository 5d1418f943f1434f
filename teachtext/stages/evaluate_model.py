"""Evaluate a model on test, and val if there is one, both directions, and keep the ranks."""

import argparse
import logging
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from teachtext.config.evaluate import EvaluateSettings
from teachtext.evaluation.details import details_metadata, draw_sample, explain, with_details
from teachtext.evaluation.evaluate import SplitEvaluation, draw_bank, evaluate, evaluate_normalized
from teachtext.evaluation.records import EVALUATION_SHA256
from teachtext.files.hashing import file_sha256
from teachtext.models.base import RetrievalModel
from teachtext.models.checkpoint import ModelCard, load_model
from teachtext.models.inputs import RetrievalSet, load_set, load_val
from teachtext.models.made_from import check_made_from
from teachtext.pretrained.packages import installed_versions
from teachtext.runtime.devices import device_of
from teachtext.stages._inputs import features_of
from teachtext.store.json_files import write_json
from teachtext.store.tables import write_table
from teachtext.store.tokens import read_tokens
from teachtext.store.versions import MADE_BY, stamp
from teachtext.store.weights import model_sha256

log = logging.getLogger(__name__)
_PACKAGES = ("torch", "numpy", "pyarrow", "zarr", "safetensors")
"""Packages on which the numbers depend."""


def main(args: argparse.Namespace) -> None:
    """Run the stage."""
    settings: EvaluateSettings = args.settings
    torch.set_num_threads(args.threads)
    model, card = load_model(args.model)
    tokens, stores = read_tokens(*args.tokens), features_of(args)
    learned_from = features_of(args, "trainval")
    check_made_from(card, args.model, tokens=tokens, stores=learned_from)
    model.to(device_of(card.gpus))
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
    facts = {
        MADE_BY: stamp("evaluate_model"),
        "model_sha256": model_sha256(args.model),
        "settings": settings.model_dump(),
    }
    write_json(args.output, facts | _facts(card) | metrics)
    _write_ranks(args.ranks, args.output, model, test_set, test, settings)
    log.info("test t2v geometric mean %.1f", test.metrics["t2v"]["geometric_mean"])


def _write_ranks(
    path: Path,
    belongs_to: Path,
    model: RetrievalModel,
    data: RetrievalSet,
    evaluation: SplitEvaluation,
    settings: EvaluateSettings,
) -> None:
    """Write the ranks, and what the report explains them by.

    Args:
        path: Parquet file to write.
        belongs_to: JSON file of the same evaluation, already written.
        model: Model, ready to encode.
        data: Captions and videos that were ranked.
        evaluation: Ranks of the captions and videos.
        settings: Evaluation settings: size and seed of the sample.
    """
    generator = np.random.default_rng(settings.seed)
    sample = draw_sample(data, videos=settings.sample, generator=generator)
    table = with_details(evaluation, data, explain(model, data, evaluation), sample)
    sha256 = {EVALUATION_SHA256: file_sha256(belongs_to)}
    write_table(path, table, sha256 | details_metadata(model, data, sample))


def _facts(card: ModelCard) -> dict[str, Any]:
    return {
        "model": card.model,
        "seed": card.seed,
        "section": card.section,
        "models": card.architecture.model_dump(),
        "training": None if card.training is None else card.training.model_dump(),
        "text_encoder": card.text_encoder,
        "experts": list(card.experts),
        "teachers": [str(teacher) for teacher in card.teachers],
        "captions": card.captions,
        "parameters": card.parameters,
        "best_epoch": card.best_epoch,
        "weights": {
            "text": asdict(card.text_weights),
            "experts": {name: asdict(card.experts[name].weights) for name in card.experts},
        },
        "versions": installed_versions(_PACKAGES) | _ffmpeg_of(card),
    }


def _ffmpeg_of(card: ModelCard) -> dict[str, str]:
    """Versions of the program through which the model's experts heard, if any did."""
    versions = {identity.ffmpeg for identity in card.experts.values()} - {""}
    return {"ffmpeg": ", ".join(sorted(versions))} if versions else {}
