"""The one trainer: teachers, students and pruned students differ only in what they are given."""

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import KW_ONLY, dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from teachtext.config.teachers import ModelSeed
from teachtext.errors import TrainingError
from teachtext.evaluation.evaluate import rank_set
from teachtext.models.base import RetrievalModel
from teachtext.models.inputs import RetrievalSet, epoch_batches
from teachtext.runtime.distributed import Processes
from teachtext.runtime.progress import Progress
from teachtext.store.records import SCORE
from teachtext.training.bookkeeping import mixed_seed, spent_since
from teachtext.training.compiling import compiled_similarities
from teachtext.training.losses import Losses
from teachtext.training.resuming import EpochStates, TrainingRun
from teachtext.training.states import HistoryEntry
from teachtext.training.steps import Batch, Similarities, Teacher, batch_similarities, training_step

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Trained:
    """The outcome of a training run.

    Attributes:
        model: Model with the weights of the best epoch.
        best_epoch: Epoch with the highest t2v geometric mean on val, the last one of ties; or the
            last epoch of all, according to ``keep_epoch``.
        history: One entry per epoch; with metrics on val, if there are val captions.
    """

    model: RetrievalModel
    best_epoch: int
    history: list[HistoryEntry]


@dataclass(frozen=True)
class Trainer:
    """What stays the same while a model trains.

    Attributes:
        data: Captions and videos to learn from.
        teachers: Similarities of each seed of each teacher; empty for a student of the captions
            alone.
        epochs: Number of passes over the videos.
        batch_size: Number of videos in a step, over all processes.
        learning_rate: Function from a step, counted from 0 over the whole run, and
            ``steps_per_epoch`` to the learning rate.
        precision: Precision of the networks: ``float32`` or ``bfloat16``.
        compiles: True to compile the model.
        keep_epoch: Epoch whose weights are kept: the ``best`` on val, or the ``last``.
        seed: Seed of the batches.
        processes: Processes that share each batch.
    """

    data: RetrievalSet
    teachers: Mapping[ModelSeed, Teacher]
    _: KW_ONLY
    epochs: int
    batch_size: int
    learning_rate: Callable[..., float]
    precision: str
    compiles: bool
    keep_epoch: str
    seed: int
    processes: Processes

    @property
    def steps_per_epoch(self) -> int:
        """Batches of one pass; a last batch of one video is left out."""
        whole, rest = divmod(len(self.data.video_ids), self.batch_size)
        return whole + (rest > 1)

    def batches(self, epoch: int) -> Iterator[Batch]:
        """The batches of an epoch, each prepared while the one before it is used."""
        generator = np.random.default_rng([self.seed % 2**32, epoch])
        pending = None
        with ThreadPoolExecutor(1) as pool:
            for chosen in epoch_batches(self.data, batch_size=self.batch_size, generator=generator):
                following = pool.submit(self.prepare, *chosen)
                if pending is not None:
                    yield pending.result()
                pending = following
            if pending is not None:
                yield pending.result()

    def prepare(self, captions: NDArray[np.int64], videos: NDArray[np.int64]) -> Batch:
        """Gather everything that a step needs."""
        device, share = self.processes.device, self.processes.share
        seeds_SBB = None
        if self.teachers:
            matrices = [teacher.gather(captions, videos) for teacher in self.teachers.values()]
            seeds_SBB = torch.from_numpy(np.stack(matrices)).to(device)
        features = self.data.video_batch(share(videos))
        return Batch(
            self.data.caption_batch(share(captions)).to(device),
            {expert: rows.to(device) for expert, rows in features.items()},
            seeds_SBB,
        )

    def train(
        self,
        run: TrainingRun,
        val: RetrievalSet | None,
        states: EpochStates,
        on_epoch: Callable[[HistoryEntry], None] | None,
    ) -> Trained | None:
        """Train all epochs that are left.

        Args:
            run: Run to train, or to go on with from its latest state.
            val: Captions and videos that are ranked after each epoch; None for none.
            states: Store of the states after epochs.
            on_epoch: Callback that receives each epoch's entry of the history.

        Returns:
            None in all processes but the first.

        Raises:
            TrainingError: The loss is no longer a number.
        """
        if states.take_up(run):
            log.info("going on after %d of %d epochs", run.epoch, self.epochs)
        self.processes.wait()  # the first process writes over what the others are reading
        self._train_epochs(run, val, states, on_epoch)
        if self.processes.rank:
            return None
        kept = run.epoch - 1
        if run.best_epoch is not None:
            kept = run.best_epoch
            run.model.load_state_dict(states.load_best(kept))
        return Trained(run.model.eval(), kept, run.history)

    def _train_epochs(
        self,
        run: TrainingRun,
        val: RetrievalSet | None,
        states: EpochStates,
        on_epoch: Callable[[HistoryEntry], None] | None,
    ) -> None:
        """The first process validates and writes, the others wait for it."""
        similarities: Similarities = batch_similarities
        if self.compiles:
            batch = next(self.batches(run.epoch))
            similarities = compiled_similarities(run, batch, precision=self.precision)
        left = (self.epochs - run.epoch) * self.steps_per_epoch
        with Progress(log, "train", left, unit="step") as progress:
            while run.epoch < self.epochs:
                begin = time.perf_counter()
                entry = self.train_epoch(run, similarities, progress)
                if self.processes.rank:
                    run.history.append(entry)
                else:
                    metrics = {} if val is None else _metrics(run.model, val)
                    run.history.append(entry | metrics | spent_since(begin))
                    if self.keep_epoch == "best":
                        _choose_best(run)
                    states.keep(run, last=run.epoch == self.epochs)
                if on_epoch is not None:
                    on_epoch(run.history[-1])
                self.processes.wait()

    def train_epoch(
        self, run: TrainingRun, similarities: Similarities, progress: Progress
    ) -> HistoryEntry:
        """One pass over the videos; the mean losses of its steps."""
        begin, epoch = time.perf_counter(), run.epoch
        progress.enter(f"epoch {epoch + 1} of {self.epochs}")
        torch.manual_seed(mixed_seed(self.seed, epoch, self.processes.rank))
        run.model.train()
        steps: list[Losses] = []
        for number, batch in enumerate(self.batches(epoch), start=epoch * self.steps_per_epoch):
            rate = self.learning_rate(number, steps_per_epoch=self.steps_per_epoch)
            run.optimizer.lr = rate
            steps.append(training_step(run, batch, similarities, precision=self.precision))
            progress.advance()
            self.release()
        # gradients are as large as the model, and what follows has a use for the memory
        run.optimizer.zero_grad()
        entry = {"epoch": epoch, "learning_rate": rate, **self._means(steps)}
        if not np.isfinite(entry["loss"]):
            raise TrainingError(
                f"The loss is {entry['loss']} in epoch {epoch}. "
                "Lower training.learning_rate, or look for features that are not numbers."
            )
        return entry | {"train_seconds": time.perf_counter() - begin}

    def release(self) -> None:
        """Give back what is mapped: each page that was read brings up to 2 MB of others along."""
        self.data.release()
        for teacher in self.teachers.values():
            teacher.release()

    def _means(self, steps: list[Losses]) -> HistoryEntry:
        def mean(values: list[Tensor]) -> Tensor:
            return torch.stack(values).mean(dim=0)

        distillation = [step.distillation for step in steps if step.distillation is not None]
        by_seed = [step.by_seed for step in steps if step.by_seed is not None]
        apart = mean(by_seed).tolist() if by_seed else []
        return {
            "loss": mean([step.total for step in steps]).item(),
            "ranking_loss": mean([step.ranking for step in steps]).item(),
            "distillation_loss": mean(distillation).item() if distillation else None,
            **{
                f"distillation_loss_{name}": value
                for name, value in zip(self.teachers, apart, strict=True)
            },
        }


def _choose_best(run: TrainingRun) -> None:
    """Note the epoch that has just ended if none before it was better."""
    entry, best = run.history[-1], run.best_epoch
    if best is None or entry[SCORE] >= run.history[best][SCORE]:
        run.best_epoch = entry["epoch"]


def _metrics(model: RetrievalModel, data: RetrievalSet) -> dict[str, float]:
    return {
        f"val_{direction}_{name}": value
        for direction, metrics in rank_set(model, data).summary().items()
        for name, value in metrics.items()
        if name not in ("queries", "gallery")
    }
