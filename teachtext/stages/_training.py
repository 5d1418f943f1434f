"""What train-teacher, train-student and train-pruned share: they are one trainer."""

import argparse
import logging
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from pydantic import TypeAdapter

from teachtext.config.models import Section
from teachtext.config.teachers import ModelSeed
from teachtext.denoising.verdicts import kept_captions
from teachtext.files.hashing import file_sha256
from teachtext.files.locking import locked
from teachtext.models.checkpoint import MAKERS, MadeFrom, ModelCard, save_model
from teachtext.models.inputs import RetrievalSet, load_set, load_val
from teachtext.models.made_from import made_from
from teachtext.runtime.distributed import Processes, joined, start_processes
from teachtext.runtime.memory import keep_freed_memory, use_huge_pages
from teachtext.stages._inputs import features_of, refuse_failures
from teachtext.store.records import SCORE
from teachtext.store.similarities import SimilarityStore, open_similarities
from teachtext.store.tables import read_table, table_metadata
from teachtext.store.tokens import TokenTable, read_tokens
from teachtext.store.versions import MADE_BY, check_stamp, stamp
from teachtext.training.events import EventFiles
from teachtext.training.recipe import train_model
from teachtext.training.resuming import EpochStates
from teachtext.training.states import run_identity
from teachtext.training.trainer import Trained

log = logging.getLogger(__name__)


def run_training(args: argparse.Namespace, section: Section) -> None:
    """Open, train, write a model directory."""
    refuse_failures(args)
    start_processes(args.training.gpus, args.command_line)
    use_huge_pages()
    keep_freed_memory()
    torch.set_num_threads(args.training.threads)
    with ExitStack() as stack:
        processes = stack.enter_context(joined(gpus=args.training.gpus, section="training"))
        if processes.rank == 0:
            stack.enter_context(locked(args.work / "lock"))
        processes.wait()
        inputs = _open(args)
        states = EpochStates(args.work, _identity(args, section, inputs.made_from, processes))
        if states.is_finished and args.output.is_dir():
            log.info("another process has trained it already")
            return
        _train(args, section, inputs, states, processes)


@dataclass(frozen=True)
class _Inputs:
    """What a model is trained from, opened."""

    tokens: TokenTable
    teachers: Mapping[ModelSeed, SimilarityStore]
    made_from: MadeFrom


def _open(args: argparse.Namespace) -> _Inputs:
    tokens = read_tokens(args.tokens)
    opened = [open_similarities(path) for path in args.teachers]
    teachers = {ModelSeed.parse(matrix.model): matrix for matrix in opened}
    sources = replace(
        made_from(tokens, features_of(args)),
        captions=None if args.captions is None else file_sha256(args.captions),
        teachers={name: matrix.sha256 for name, matrix in teachers.items()},
    )
    return _Inputs(tokens, teachers, sources)


def _train(
    args: argparse.Namespace,
    section: Section,
    inputs: _Inputs,
    states: EpochStates,
    processes: Processes,
) -> None:
    tokens, stores = inputs.tokens, features_of(args)
    train = load_set(tokens, stores, "train", architecture=args.architecture).keep_available()
    val = load_val(tokens, stores, architecture=args.architecture)
    captions = "all"
    if args.captions is not None:
        captions, kept = _denoised(args.captions)
        train = train.keep_captions(kept)
    log.info("%s, seed %d: %d captions", args.model, args.seed, len(train.captions))
    caption_ids = [caption.caption_id for caption in train.captions]
    teachers = {
        name: one.aligned(caption_ids, train.video_ids) for name, one in inputs.teachers.items()
    }
    with ExitStack() as stack:
        writes = processes.rank == 0 and args.training.tensorboard
        events = stack.enter_context(EventFiles(args.events)) if writes else None
        trained = train_model(
            train,
            val,
            teachers,
            architecture=args.architecture,
            training=args.training,
            seed=args.seed,
            states=states,
            processes=processes,
            on_epoch=None if events is None else events.add,
        )
    if trained is None:
        return
    card = _card(args, section, inputs, train, captions, trained)
    _write(args.output, trained, card, states)


def _denoised(path: Path) -> tuple[str, set[str]]:
    """Name of a denoised set, and ids of the captions that it keeps."""
    table = read_table(path)
    metadata = table_metadata(table)
    check_stamp(metadata.get(MADE_BY), path)
    return metadata["captions"], kept_captions(table)


def _card(
    args: argparse.Namespace,
    section: Section,
    inputs: _Inputs,
    train: RetrievalSet,
    captions: str,
    trained: Trained,
) -> ModelCard:
    tokens = inputs.tokens
    return ModelCard(
        model=args.model,
        seed=args.seed,
        section=section,
        architecture=args.architecture,
        training=args.training,
        text_encoder=tokens.encoder,
        text_weights=tokens.weights,
        token_dim=train.token_dim,
        max_tokens=train.max_tokens,
        experts=train.identities,
        teachers=list(inputs.teachers),
        captions=captions,
        train_captions=len(train.captions),
        train_videos=len(train.video_ids),
        best_epoch=trained.best_epoch,
        parameters=sum(parameter.numel() for parameter in trained.model.parameters()),
        made_from=inputs.made_from,
    )


def _write(output: Path, trained: Trained, card: ModelCard, states: EpochStates) -> None:
    save_model(output, trained.model, card, trained.history)
    states.finish()
    score = trained.history[trained.best_epoch].get(SCORE)
    on_val = "there is no val" if score is None else f"{score:.1f} geometric mean on val"
    log.info("kept epoch %d: %s", trained.best_epoch, on_val)


def _identity(
    args: argparse.Namespace, section: Section, sources: MadeFrom, processes: Processes
) -> str:
    facts = {
        "architecture": args.architecture.model_dump(),
        "training": args.training.content(),
        "seed": args.seed,
        "processes": processes.count,
        "device": processes.device.type,
        "versions": [stamp(MAKERS[section]), torch.__version__],
        "made_from": TypeAdapter(MadeFrom).dump_python(sources, mode="json"),
    }
    return run_identity(facts)
