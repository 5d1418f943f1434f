"""The one trainer: teachers, students and pruned students differ only in what they are given."""

import logging
import resource
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from teachtext.data import RetrievalSet, epoch_batches
from teachtext.evaluation import rank_both_ways, similarities
from teachtext.losses import distillation_loss, max_margin_ranking_loss
from teachtext.models.retrieval import RetrievalModel, build_model
from teachtext.settings import ArchitectureSettings, TrainingSettings

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Trained:
    """The outcome of a training run.

    Attributes:
        model: with the weights of the best epoch.
        best_epoch: the one with the highest t2v geometric mean on val; of equals the last.
        history: one row per epoch.
    """

    model: RetrievalModel
    best_epoch: int
    history: list[dict[str, Any]]


@dataclass(frozen=True)
class Losses:
    """Losses of one step or the mean over an epoch; no distillation without teachers."""

    total: Tensor
    ranking: Tensor
    distillation: Tensor | None


def train_model(
    train: RetrievalSet,
    val: RetrievalSet,
    teachers_TQG: NDArray[np.float32] | None,
    *,
    architecture: ArchitectureSettings,
    training: TrainingSettings,
    seed: int,
) -> Trained:
    """Train a model and keep its best epoch on val.

    Args:
        train: captions and videos to learn from.
        val: chooses the epoch; never a test split.
        teachers_TQG: each teacher's similarities, rows and columns as in ``train``; None: no
            distillation.
        architecture: the model.
        training: how.
        seed: decides the initial weights and the batches; with it a run on CPU is repeatable.
    """
    torch.manual_seed(seed)
    generator = np.random.default_rng(seed)
    model = build_model(architecture, token_dim=train.token_dim, expert_dims=train.expert_dims)
    optimizer = torch.optim.RAdam(
        model.parameters(),
        lr=training.learning_rate,
        weight_decay=training.weight_decay,
        decoupled_weight_decay=True,
    )
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, training.learning_rate_decay)
    history: list[dict[str, Any]] = []
    best_epoch, best_weights = 0, {}
    for epoch in tqdm(range(training.epochs), desc="train", unit="epoch", mininterval=1):
        begin = time.perf_counter()
        losses = _train_epoch(model, optimizer, train, teachers_TQG, training, generator)
        row = _epoch_row(epoch, float(schedule.get_last_lr()[0]), losses, _metrics(model, val))
        history.append(row | {"seconds": time.perf_counter() - begin})
        schedule.step()
        if row["val_t2v_geometric_mean"] >= history[best_epoch]["val_t2v_geometric_mean"]:
            best_epoch = epoch
            best_weights = {key: value.clone() for key, value in model.state_dict().items()}
    model.load_state_dict(best_weights)
    model.eval()
    return Trained(model, best_epoch, history)


def _train_epoch(
    model: RetrievalModel,
    optimizer: torch.optim.Optimizer,
    data: RetrievalSet,
    teachers_TQG: NDArray[np.float32] | None,
    training: TrainingSettings,
    generator: np.random.Generator,
) -> Losses:
    """One pass; the mean losses of its steps."""
    model.train()
    steps: list[Losses] = []
    batches = epoch_batches(data, batch_size=training.batch_size, generator=generator)
    for captions, videos in batches:
        teachers_TBB = None
        if teachers_TQG is not None:
            teachers_TBB = torch.from_numpy(teachers_TQG[:, captions[:, None], videos[None]])
        sims_BB = model(data.caption_batch(captions), data.video_batch(videos))
        losses = batch_losses(sims_BB, teachers_TBB, training)
        optimizer.zero_grad(set_to_none=True)
        losses.total.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        steps.append(losses)
    return _mean_losses(steps)


def batch_losses(
    sims_BB: Tensor, teachers_TBB: Tensor | None, training: TrainingSettings
) -> Losses:
    """Ranking loss, and with teachers the weighted distillation loss (TeachText, section 3)."""
    ranking = max_margin_ranking_loss(sims_BB, margin=training.margin)
    if teachers_TBB is None:
        return Losses(ranking, ranking, None)
    distillation = distillation_loss(sims_BB, teachers_TBB)
    return Losses(ranking + training.distillation_weight * distillation, ranking, distillation)


def _mean_losses(steps: list[Losses]) -> Losses:
    total = torch.stack([step.total.detach() for step in steps]).mean()
    ranking = torch.stack([step.ranking.detach() for step in steps]).mean()
    parts = [step.distillation.detach() for step in steps if step.distillation is not None]
    return Losses(total, ranking, torch.stack(parts).mean() if parts else None)


def _metrics(model: RetrievalModel, data: RetrievalSet) -> dict[str, float]:
    summary = rank_both_ways(similarities(model, data), data.video_of_caption).summary()
    return {
        f"val_{direction}_{name}": value
        for direction, metrics in summary.items()
        for name, value in metrics.items()
        if name not in ("queries", "gallery")
    }


def _epoch_row(
    epoch: int, learning_rate: float, losses: Losses, metrics: Mapping[str, float]
) -> dict[str, Any]:
    return {
        "epoch": epoch,
        "learning_rate": learning_rate,
        "loss": losses.total.item(),
        "ranking_loss": losses.ranking.item(),
        "distillation_loss": None if losses.distillation is None else losses.distillation.item(),
        "peak_memory_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        **metrics,
    }
