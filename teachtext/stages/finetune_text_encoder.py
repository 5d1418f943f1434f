"""Tune a text encoder on the training captions, into a folder that embed-captions reads."""

import argparse
import logging
from contextlib import ExitStack

import torch

from teachtext.errors import ConfigError
from teachtext.files.locking import locked
from teachtext.runtime.distributed import Processes, joined, start_processes
from teachtext.runtime.memory import keep_freed_memory, use_huge_pages
from teachtext.stages._inputs import captions_of
from teachtext.store.versions import stamp
from teachtext.text.tuning.finetuning import Tuner, check_disk, tune
from teachtext.text.tuning.tunable import load_tunable, save_tuned
from teachtext.training.states import LatestState, run_identity

log = logging.getLogger(__name__)


def main(args: argparse.Namespace) -> None:
    """Run the stage."""
    if args.settings.finetune is None:
        raise ConfigError("--settings has no finetune. Give the entry of an encoder that has one.")
    gpus = args.settings.finetune.gpus
    start_processes(gpus, args.command_line)
    use_huge_pages()
    keep_freed_memory()
    torch.set_num_threads(args.settings.finetune.threads)
    with ExitStack() as stack:
        section = f"text.{args.name}.finetune"
        processes = stack.enter_context(joined(gpus=gpus, section=section))
        if processes.rank == 0:
            stack.enter_context(locked(args.work / "lock"))
        processes.wait()
        _tune(args, processes)


def _tune(args: argparse.Namespace, processes: Processes) -> None:
    finetune = args.settings.finetune
    tunable = load_tunable(args.name, args.settings, finetune, captions_of(args), processes)
    card = tunable.card
    # a release of the package alone leaves the outcome as it is
    versions = card["versions"] | {"teachtext": stamp("finetune_text_encoder")}
    facts = {
        "card": card | {"versions": versions},
        "processes": processes.count,
        "device": processes.device.type,
    }
    states = LatestState(args.work, run_identity(facts))
    if states.is_finished and args.output.is_dir():
        log.info("another process has tuned it already")
        return
    log.info(
        "%s: %d captions, %d of them cut at %d tokens",
        args.name,
        card["train_captions"],
        card["train_captions_cut"],
        args.settings.max_tokens,
    )
    if processes.rank == 0:
        check_disk(args.work, tunable.model)
    tuner = Tuner(args.name, tunable.objective, finetune, states, processes)
    history = tune(tunable.tower, tuner)
    if processes.rank == 0:
        save_tuned(args.output, tunable, history)
        states.finish()
