"""The one trainer: teachers, students and pruned students differ only in what they are given."""

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from teachtext.config.settings import ArchitectureSettings, TrainingSettings
from teachtext.config.teachers import ModelSeed, seeds_of_teachers
from teachtext.errors import DatasetError, TrainingError
from teachtext.evaluation.evaluate import rank_set
from teachtext.models.inputs import RetrievalSet, epoch_batches
from teachtext.models.retrieval import RetrievalModel, build_model
from teachtext.runtime.distributed import Processes
from teachtext.runtime.progress import Progress
from teachtext.training.bookkeeping import mixed_seed, spent_since
from teachtext.training.compiling import compiled_similarities
from teachtext.training.losses import Losses, RetrievalLoss
from teachtext.training.optimizers import learning_rate, make_optimizer
from teachtext.training.resuming import EpochStates, Run
from teachtext.training.states import Row
from teachtext.training.steps import Batch, Similarities, Teacher, batch_similarities, training_step

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Trained:
    """The outcome of a training run.

    Attributes:
        model: Model with the weights of the best epoch.
        best_epoch: Epoch with the highest t2v geometric mean on val, the last one of ties; or the
            last epoch of all, according to ``keep_epoch``.
        history: One row per epoch; with metrics on val, if there are val captions.
    """

    model: RetrievalModel
    best_epoch: int
    history: list[Row]


@dataclass(frozen=True)
class Trainer:
    """What stays the same while a model trains.

    Attributes:
        data: Captions and videos to learn from.
        teachers: Similarities of each seed of each teacher; empty for a student of the captions
            alone.
        training: Optimiser, schedule and losses.
        seed: Seed of the batches.
        processes: Processes that share each batch.
    """

    data: RetrievalSet
    teachers: Mapping[ModelSeed, Teacher]
    training: TrainingSettings
    seed: int
    processes: Processes

    @property
    def steps_per_epoch(self) -> int:
        """Batches of one pass; a last batch of one video is left out."""
        whole, rest = divmod(len(self.data.video_ids), self.training.batch_size)
        return whole + (rest > 1)

    def batches(self, epoch: int) -> Iterator[Batch]:
        """The batches of an epoch, each prepared while the one before it is used."""
        generator = np.random.default_rng([self.seed % 2**32, epoch])
        size = self.training.batch_size
        pending = None
        with ThreadPoolExecutor(1) as pool:
            for chosen in epoch_batches(self.data, batch_size=size, generator=generator):
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

    def train_epoch(self, run: Run, similarities: Similarities, progress: Progress) -> Row:
        """One pass over the videos; the mean losses of its steps."""
        begin, epoch = time.perf_counter(), run.epoch
        torch.manual_seed(mixed_seed(self.seed, epoch, self.processes.rank))
        run.model.train()
        steps: list[Losses] = []
        for number, batch in enumerate(self.batches(epoch), start=epoch * self.steps_per_epoch):
            rate = learning_rate(
                number, steps_per_epoch=self.steps_per_epoch, training=self.training
            )
            run.optimizer.lr = rate
            steps.append(training_step(run, batch, self.training, similarities))
            progress.advance()
            self.release()
        # gradients are as large as the model, and what follows has a use for the memory
        run.optimizer.zero_grad()
        row = {"epoch": epoch, "learning_rate": rate, **self._means(steps)}
        if not np.isfinite(row["loss"]):
            raise TrainingError(
                f"The loss is {row['loss']} in epoch {epoch}. "
                "Lower training.learning_rate, or look for features that are not numbers."
            )
        return row | {"train_seconds": time.perf_counter() - begin}

    def release(self) -> None:
        """Give back what is mapped: each page that was read brings up to 2 MB of others along."""
        self.data.release()
        for teacher in self.teachers.values():
            teacher.release()

    def _means(self, steps: list[Losses]) -> Row:
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


def train_model(
    train: RetrievalSet,
    val: RetrievalSet | None,
    teachers: Mapping[ModelSeed, Teacher],
    *,
    architecture: ArchitectureSettings,
    training: TrainingSettings,
    seed: int,
    states: EpochStates,
    processes: Processes,
    on_epoch: Callable[[Row], None] | None = None,
) -> Trained | None:
    """Train a model and keep its best epoch on val, or its last.

    Args:
        train: Captions and videos to learn from.
        val: Captions and videos that choose the epoch, never a test split; None to keep the last
            epoch.
        teachers: Similarities by seed of a model, aligned with ``train``; seeds of one model are
            averaged and count as one teacher in the aggregation. Empty for no distillation.
        architecture: Architecture of the model.
        training: Optimiser, schedule and losses.
        seed: Seed of the initial weights and the batches; with it a run on a CPU is repeatable.
        states: Store of the states after epochs, to save to and resume from.
        processes: Processes that share each batch.
        on_epoch: Callback that receives each epoch's row of the history.

    Returns:
        None in all processes but the first.

    Raises:
        DatasetError: A single video has nothing to be told from, or nothing chooses the epoch.
        TrainingError: The loss is no longer a number.
    """
    trainer = Trainer(train, teachers, training, seed, processes)
    if not trainer.steps_per_epoch:
        raise DatasetError("One training video is not enough: there is none to tell it from.")
    if val is None and training.keep_epoch == "best":
        raise DatasetError(
            "There are no val captions to choose the best epoch by. Add some, or set "
            "training.keep_epoch: last."
        )
    seeds = list(seeds_of_teachers(teachers).values())
    model, run = _new_run(train, architecture, training, seeds, seed, processes)
    if states.take_up(run):
        log.info("going on after %d of %d epochs", run.epoch, training.epochs)
    processes.wait()  # the first process writes over what the others are reading
    first_only = training.val_captions == "first"
    queries = val.first_captions() if val is not None and first_only else val
    _train_epochs(trainer, run, queries, states, on_epoch)
    if processes.rank:
        return None
    kept = run.epoch - 1
    if run.best_epoch is not None:
        kept = run.best_epoch
        model.load_state_dict(states.load_best(kept))
    model.eval()
    return Trained(model, kept, run.history)


def _train_epochs(
    trainer: Trainer,
    run: Run,
    queries: RetrievalSet | None,
    states: EpochStates,
    on_epoch: Callable[[Row], None] | None,
) -> None:
    """All epochs that are left; the first process validates and writes, the others wait for it."""
    training, first = trainer.training, trainer.processes.rank == 0
    similarities: Similarities = batch_similarities
    if training.compile:
        similarities = compiled_similarities(run, next(trainer.batches(run.epoch)), training)
    left = (training.epochs - run.epoch) * trainer.steps_per_epoch
    with Progress(log, "train", left, unit="step") as progress:
        while run.epoch < training.epochs:
            begin = time.perf_counter()
            row = trainer.train_epoch(run, similarities, progress)
            if first:
                metrics = {} if queries is None else _metrics(run.model, queries)
                row |= metrics | spent_since(begin)
            run.history.append(row)
            if first:
                if training.keep_epoch == "best":
                    _choose_best(run)
                states.keep(run, last=run.epoch == training.epochs)
            if on_epoch is not None:
                on_epoch(row)
            trainer.processes.wait()


def _new_run(
    data: RetrievalSet,
    architecture: ArchitectureSettings,
    training: TrainingSettings,
    teachers: list[list[int]],
    seed: int,
    processes: Processes,
) -> tuple[RetrievalModel, Run]:
    torch.manual_seed(seed)
    model = build_model(
        architecture,
        token_dim=data.token_dim,
        max_tokens=data.max_tokens,
        expert_dims=data.expert_dims,
    ).to(processes.device)
    loss = RetrievalLoss(training, teachers=teachers).to(processes.device)
    return model, Run(model, loss, make_optimizer([model, loss], training), [])


def _choose_best(run: Run) -> None:
    """Note the epoch that has just ended if none before it was better."""
    row, best = run.history[-1], run.best_epoch
    score = row["val_t2v_geometric_mean"]
    if best is None or score >= run.history[best]["val_t2v_geometric_mean"]:
        run.best_epoch = row["epoch"]


def _metrics(model: RetrievalModel, data: RetrievalSet) -> dict[str, float]:
    return {
        f"val_{direction}_{name}": value
        for direction, metrics in rank_set(model, data).summary().items()
        for name, value in metrics.items()
        if name not in ("queries", "gallery")
    }
