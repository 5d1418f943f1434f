"""What `training` in config.yaml describes: settings in; loss, optimiser, trainer and model out."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

import torch
from torch import nn

from teachtext.config.models import ArchitectureSettings
from teachtext.config.teachers import ModelSeed, seeds_of_teachers
from teachtext.config.training import TrainingSettings
from teachtext.errors import DatasetError
from teachtext.models.inputs import RetrievalSet
from teachtext.models.retrieval import build_model
from teachtext.runtime.distributed import Processes
from teachtext.training.losses import RetrievalLoss, distance_to_teachers
from teachtext.training.optimizers import OPTIMIZERS, AdamW, cosine_factor, warmup_factor
from teachtext.training.resuming import EpochStates, TrainingRun
from teachtext.training.states import HistoryEntry
from teachtext.training.steps import Teacher
from teachtext.training.trainer import Trained, Trainer


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
    on_epoch: Callable[[HistoryEntry], None] | None = None,
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
    trainer = make_trainer(train, teachers, training, seed=seed, processes=processes)
    if not trainer.steps_per_epoch:
        raise DatasetError("One training video is not enough: there is none to tell it from.")
    if val is None and training.keep_epoch == "best":
        raise DatasetError(
            "There are no val captions to choose the best epoch by. Add some, or set "
            "training.keep_epoch: last."
        )
    torch.manual_seed(seed)
    model = build_model(
        architecture,
        token_dim=train.token_dim,
        max_tokens=train.max_tokens,
        expert_dims=train.expert_dims,
    ).to(processes.device)
    seeds = list(seeds_of_teachers(teachers).values())
    loss = make_loss(training, teachers=seeds).to(processes.device)
    run = TrainingRun(model, loss, make_optimizer([model, loss], training), [])
    if val is not None and training.val_captions == "first":
        val = val.first_captions()
    return trainer.train(run, val, states, on_epoch)


def make_trainer(
    data: RetrievalSet,
    teachers: Mapping[ModelSeed, Teacher],
    training: TrainingSettings,
    *,
    seed: int,
    processes: Processes,
) -> Trainer:
    """The trainer of some captions and videos; arguments as ``train_model``."""
    return Trainer(
        data,
        teachers,
        epochs=training.epochs,
        batch_size=training.batch_size,
        learning_rate=partial(learning_rate, training=training),
        precision=training.precision,
        compiles=training.compile,
        keep_epoch=training.keep_epoch,
        seed=seed,
        processes=processes,
    )


def make_loss(training: TrainingSettings, *, teachers: Sequence[Sequence[int]]) -> RetrievalLoss:
    """The losses that `training` names; ``teachers`` as for ``RetrievalLoss``."""
    return RetrievalLoss(
        margin=training.margin,
        temperature=training.temperature if training.ranking_loss == "info-nce" else None,
        distance=distance_to_teachers(
            training.distillation_loss,
            beta=training.distillation_beta,
            temperature=training.distillation_temperature,
        ),
        distillation_weight=training.distillation_weight,
        aggregation=training.teacher_aggregation,
        teachers=teachers,
    )


def make_optimizer(modules: Iterable[nn.Module], training: TrainingSettings) -> AdamW:
    """The optimiser that `training` names, for all parameters of some modules."""
    parameters = [weights for module in modules for weights in module.parameters()]
    return OPTIMIZERS[training.optimizer](
        parameters, lr=training.learning_rate, weight_decay=training.weight_decay
    )


def learning_rate(step: int, *, steps_per_epoch: int, training: TrainingSettings) -> float:
    """Learning rate of a step, counted from 0 over the whole run.

    Exponential falls once per epoch, as in the paper; cosine falls with every step.
    """
    if training.schedule == "exponential":
        factor = training.learning_rate_decay ** (step // steps_per_epoch)
    else:
        factor = cosine_factor(step, steps_per_epoch * training.epochs)
    return training.learning_rate * factor * warmup_factor(step, training.warmup_steps)
