"""What train-teacher, train-student and train-pruned share: they are one trainer."""

import argparse
import logging
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from teachtext.checkpoint import ModelCard, save_model
from teachtext.config import Section
from teachtext.data import RetrievalSet, load_set
from teachtext.denoising import kept_captions
from teachtext.settings import ArchitectureSettings, TrainingSettings
from teachtext.stages._arguments import add_features, features_of, settings_json
from teachtext.store.similarities import SimilarityMatrix, read_similarities
from teachtext.store.tables import read_table, table_metadata
from teachtext.store.tokens import read_tokens
from teachtext.training import train_model

log = logging.getLogger(__name__)


def run(argv: list[str], *, stage: str, section: Section, description: str | None) -> None:
    """Parse, open, train, write a model directory."""
    args = _parser(stage, description).parse_args(argv)
    torch.set_num_threads(args.threads)
    tokens = read_tokens(args.tokens)
    stores = features_of(args)
    train = load_set(tokens, stores, "train").keep_available()
    captions = "all"
    if args.captions is not None:
        table = read_table(args.captions)
        captions = table_metadata(table)["captions"]
        train = train.keep_captions(kept_captions(table))
    log.info("%s, seed %d: %d captions", args.model, args.seed, len(train.captions))
    teachers = [read_similarities(path) for path in args.teachers]
    trained = train_model(
        train,
        load_set(tokens, stores, "val"),
        _aligned(teachers, train),
        architecture=args.architecture,
        training=args.training,
        seed=args.seed,
    )
    card = ModelCard(
        model=args.model,
        seed=args.seed,
        section=section,
        architecture=args.architecture,
        training=args.training,
        text_encoder=tokens.encoder,
        text_weights=tokens.weights,
        token_dim=train.token_dim,
        experts=train.identities,
        teachers=[matrix.model for matrix in teachers],
        captions=captions,
        train_captions=len(train.captions),
        train_videos=len(train.video_ids),
        best_epoch=trained.best_epoch,
        parameters=sum(parameter.numel() for parameter in trained.model.parameters()),
    )
    save_model(args.output, trained.model, card, trained.history)
    best = trained.history[trained.best_epoch]["val_t2v_geometric_mean"]
    log.info("best epoch %d: %.1f geometric mean on val", trained.best_epoch, best)


def _aligned(teachers: list[SimilarityMatrix], train: RetrievalSet) -> NDArray[np.float32] | None:
    if not teachers:
        return None
    caption_ids = [caption.caption_id for caption in train.captions]
    return np.stack([matrix.aligned(caption_ids, train.video_ids) for matrix in teachers])


def _parser(stage: str, description: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"teachtext {stage}", description=description)
    parser.add_argument("--model", required=True, help="name in config.yaml")
    parser.add_argument("--seed", type=int, required=True, help="decides weights and batches")
    parser.add_argument("--tokens", type=Path, required=True, help="of embed-captions")
    add_features(parser)
    parser.add_argument(
        "--teachers",
        type=Path,
        nargs="*",
        required=True,
        help="similarities of the models it learns from; may be none",
    )
    parser.add_argument("--captions", type=Path, help="of denoise-captions; default: all captions")
    parser.add_argument(
        "--architecture",
        type=settings_json(ArchitectureSettings),
        required=True,
        help="`models` of config.yaml, as JSON",
    )
    parser.add_argument(
        "--training",
        type=settings_json(TrainingSettings),
        required=True,
        help="`training` of config.yaml, as JSON",
    )
    parser.add_argument("--threads", type=int, required=True, help="of torch")
    parser.add_argument("--output", type=Path, required=True, help="model directory to write")
    return parser
