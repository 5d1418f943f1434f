"""Tuning a text encoder on captions: steps, epochs, and states to go on from."""

import logging
import math
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from teachtext.config.text import FinetuneSettings
from teachtext.errors import TrainingError
from teachtext.runtime.distributed import Processes, average_gradients, is_shared
from teachtext.runtime.progress import Progress
from teachtext.text.tuning.objectives import Objective
from teachtext.training.bookkeeping import mixed_seed, spent_since
from teachtext.training.optimizers import (
    AdamW,
    cosine_factor,
    warmup_factor,
)
from teachtext.training.states import HistoryEntry, LatestState

log = logging.getLogger(__name__)
KEPT_PER_WEIGHT = 3
"""A state has each weight and its two moments."""


@dataclass
class TuningRun:
    """What changes while a text encoder is tuned.

    Attributes:
        model: Model being tuned.
        optimizer: Optimiser of the model's parameters.
        history: Results of the base weights, then one entry per finished epoch.
        losses: Losses of the finished steps of the current epoch.
        seconds: Time spent on the finished steps of the current epoch, in seconds.
    """

    model: nn.Module
    optimizer: AdamW
    history: list[HistoryEntry]
    losses: list[float]
    seconds: float = 0.0

    @property
    def epoch(self) -> int:
        """The one under way, counted from 1; 0 is that of the base weights."""
        return len(self.history)


@dataclass(frozen=True)
class Tuner:
    """What stays the same while a text encoder is tuned.

    Attributes:
        name: Name of the text encoder in config.yaml.
        objective: Training objective.
        settings: Settings of the tuning.
        states: Latest state of the run on disk, to save to and resume from.
        processes: Processes that share each batch.
    """

    name: str
    objective: Objective
    settings: FinetuneSettings
    states: LatestState
    processes: Processes

    @property
    def smallest_batch(self) -> int:
        """Every process needs a row; a last batch of fewer is left out."""
        return max(self.objective.smallest_batch, self.processes.count)

    @property
    def steps_per_epoch(self) -> int:
        """Batches of one pass."""
        whole, rest = divmod(self.objective.items, self.settings.batch_size)
        return whole + (rest >= self.smallest_batch)

    def batches(self, epoch: int) -> Iterator[NDArray[np.int64]]:
        """Indices of the items of each step of an epoch."""
        generator = np.random.default_rng([self.settings.seed % 2**32, epoch])
        order, size = generator.permutation(self.objective.items), self.settings.batch_size
        for number in range(self.steps_per_epoch):
            yield order[number * size : (number + 1) * size]

    def learning_rate(self, step: int) -> float:
        """Learning rate of a step, counted from 0 over the whole run."""
        steps = self.settings.epochs * self.steps_per_epoch
        factor = cosine_factor(step, steps) * warmup_factor(step, self.settings.warmup_steps)
        return self.settings.learning_rate * factor

    def train_epoch(self, run: TuningRun, progress: Progress) -> HistoryEntry:
        """What is left of an epoch; the mean loss of all its steps."""
        saved = time.perf_counter()
        begin = saved - run.seconds
        run.model.train()
        for number, chosen in enumerate(self.batches(run.epoch)):
            if number < len(run.losses):
                continue
            run.losses.append(self._step(run, number, chosen))
            progress.advance()
            now = time.perf_counter()
            run.seconds = now - begin
            if now - saved >= 60 * self.settings.state_minutes:
                self.save(run)
                saved = now
        run.optimizer.zero_grad()
        last = (run.epoch - 1) * self.steps_per_epoch + len(run.losses) - 1
        loss = math.fsum(run.losses) / len(run.losses)
        return {"epoch": run.epoch, "learning_rate": self.learning_rate(last), "loss": loss}

    def _step(self, run: TuningRun, number: int, chosen: NDArray[np.int64]) -> float:
        """Forward, backward, update. Its chances are its own, so it can be the first of a job."""
        seed, epoch, rank = self.settings.seed, run.epoch, self.processes.rank
        torch.manual_seed(mixed_seed(seed, epoch, number, rank))
        generator = np.random.default_rng([seed % 2**32, epoch, number])
        run.optimizer.lr = self.learning_rate((epoch - 1) * self.steps_per_epoch + number)
        with self.autocast():
            loss = self.objective.loss(run.model, chosen, generator)
        if not torch.isfinite(loss):
            raise TrainingError(
                f"The loss is {loss.item()} in step {number} of epoch {epoch}. "
                f"Lower text.{self.name}.finetune.learning_rate, or set warmup_steps there."
            )
        run.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        if is_shared():
            average_gradients([run.model])
        run.optimizer.step()
        return loss.item()

    def held_out(self, model: nn.Module) -> HistoryEntry:
        """Loss on val; of language modelling its exponential too, the perplexity."""
        model.eval()
        with self.autocast():
            loss = self.objective.held_out(model)
        perplexity = None
        if loss is not None and self.settings.objective == "language-modelling":
            perplexity = torch.tensor(loss, dtype=torch.float64).exp().item()
        return {"held_out_loss": loss, "held_out_perplexity": perplexity}

    def autocast(self) -> torch.autocast:
        """The precision of activations."""
        device, half = self.processes.device.type, self.settings.precision == "bfloat16"
        return torch.autocast(device, torch.bfloat16, enabled=half)

    def save(self, run: TuningRun) -> None:
        """Keep the state; the first process alone does."""
        if self.processes.rank == 0:
            facts = {"history": run.history, "losses": run.losses, "seconds": run.seconds}
            self.states.save({"model": run.model}, run.optimizer, facts)

    def take_up(self, run: TuningRun) -> None:
        """Go on from the latest state, if there is one."""
        facts = self.states.facts()
        if facts is not None:
            self.states.load({"model": run.model}, run.optimizer, facts)
            run.history[:], run.losses[:] = facts["history"], facts["losses"]
            run.seconds = facts["seconds"]
            log.info("going on in epoch %d after %d steps", run.epoch, len(run.losses))
        self.processes.wait()  # the first process writes over what the others are reading


def tune(model: nn.Module, tuner: Tuner) -> list[HistoryEntry]:
    """Tune a text encoder; its weights change.

    Args:
        model: Model with the base weights, on the device of the process.
        tuner: Objective and settings of the tuning.

    Returns:
        What the base weights do on val (epoch 0), then one entry per epoch. The weights are those
        of the last one.

    Raises:
        TrainingError: Too few captions for a step, or the loss is no longer a number.
    """
    if not tuner.steps_per_epoch:
        raise TrainingError(
            f"text.{tuner.name}.finetune has {tuner.objective.items} captions or videos to learn "
            f"from, and a step needs {tuner.smallest_batch}. Add captions to the train split."
        )
    settings = tuner.settings
    parameters = [weights for weights in model.parameters() if weights.requires_grad]
    optimizer = AdamW(parameters, lr=settings.learning_rate, weight_decay=settings.weight_decay)
    run = TuningRun(model, optimizer, [], [])
    tuner.take_up(run)
    if not run.history:
        run.history.append(_measured(tuner, run, {"epoch": 0, "learning_rate": None, "loss": None}))
    steps = settings.epochs * tuner.steps_per_epoch
    done = (run.epoch - 1) * tuner.steps_per_epoch + len(run.losses)
    with Progress(log, f"tune {tuner.name}", steps - done, unit="step") as progress:
        while run.epoch <= settings.epochs:
            progress.enter(f"epoch {run.epoch} of {settings.epochs}")
            entry = _measured(tuner, run, tuner.train_epoch(run, progress))
            run.history.append(entry)
            run.losses.clear()
            run.seconds = 0.0
            tuner.save(run)
            tuner.processes.wait()
    return run.history


def _measured(tuner: Tuner, run: TuningRun, entry: HistoryEntry) -> HistoryEntry:
    """Entry of the history with what it came to and cost; the others wait for the first process."""
    begin = time.perf_counter() - run.seconds
    found = tuner.held_out(run.model) if tuner.processes.rank == 0 else {}
    if found:
        log.info("epoch %d: loss %s, held out %s", run.epoch, entry["loss"], found["held_out_loss"])
    return entry | found | spent_since(begin)


def check_disk(folder: Path, model: nn.Module) -> None:
    """Say what states of a run take on disk, and refuse a disk that cannot hold them.

    Args:
        folder: Folder of the run.
        model: Model whose weights and moments are kept, twice while one state replaces another.

    Raises:
        TrainingError: There is less space than that.
    """
    weights = sum(tensor.numel() * tensor.element_size() for tensor in model.parameters())
    needed = 2 * KEPT_PER_WEIGHT * weights
    folder.mkdir(parents=True, exist_ok=True)
    latest = sum(path.stat().st_size for path in folder.glob("*.safetensors"))
    free = shutil.disk_usage(folder).free + latest
    log.info("states take up to %.1f GB in %s (%.1f GB free)", needed / 1e9, folder, free / 1e9)
    if free < needed:
        raise TrainingError(
            f"States of this run take up to {needed / 1e9:.1f} GB in {folder}, where "
            f"{free / 1e9:.1f} GB are free. Make room, or run where there is more."
        )
