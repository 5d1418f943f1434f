"""One training step: what it is given, and forward, backward, update."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from teachtext.models.base import RetrievalModel
from teachtext.models.sequences import Sequences
from teachtext.models.similarity import CaptionEmbeddings, VideoEmbeddings
from teachtext.runtime.distributed import average_gradients, gather_rows, is_shared
from teachtext.training.losses import Losses
from teachtext.training.resuming import TrainingRun


class Teacher(Protocol):
    """Similarities of one seed of a trained model, rows and columns as in the training set."""

    def gather(self, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.float32]:
        """(rows, columns) those of some captions and videos."""

    def release(self) -> None:
        """Give back memory that can be read again."""


@dataclass(frozen=True)
class Batch:
    """Captions and their videos: this process's part, and the teachers' opinions of all.

    Attributes:
        tokens: Token vectors of the captions.
        videos: Expert -> features of the videos.
        seeds_SBB: (S, B, B) Similarities by each seed of each teacher; None without teachers.
    """

    tokens: Sequences
    videos: Mapping[str, Sequences]
    seeds_SBB: Tensor | None


Similarities = Callable[[RetrievalModel, Sequences, Mapping[str, Sequences]], Tensor]


def training_step(
    run: TrainingRun, batch: Batch, similarities: Similarities, *, precision: str
) -> Losses:
    """Forward, backward, update.

    Args:
        run: Run that provides model, loss and optimiser; its weights change.
        batch: Batch to learn from.
        similarities: Function to compute similarities: ``batch_similarities``, or its compiled
            version.
        precision: Precision of the networks: ``float32`` or ``bfloat16``.
    """
    losses = losses_of(run, batch, similarities, precision=precision)
    run.optimizer.zero_grad()
    losses.total.backward()  # type: ignore[no-untyped-call]
    if is_shared():
        average_gradients([run.model, run.loss])
    run.optimizer.step()
    return losses.detached()


def losses_of(
    run: TrainingRun, batch: Batch, similarities: Similarities, *, precision: str
) -> Losses:
    """Forward alone; arguments as ``training_step``."""
    device = batch.tokens.values_BND.device.type
    with torch.autocast(device, torch.bfloat16, enabled=precision == "bfloat16"):
        sims_BB = similarities(run.model, batch.tokens, batch.videos)
    losses: Losses = run.loss(sims_BB.float(), batch.seeds_SBB)
    return losses


def batch_similarities(
    model: RetrievalModel, tokens: Sequences, videos: Mapping[str, Sequences]
) -> Tensor:
    """(B, B) similarities of the whole batch, of which each process encodes a part."""
    captions, gallery = model.encode_captions(tokens), model.encode_videos(videos)
    if is_shared():
        captions = CaptionEmbeddings(
            [gather_rows(rows) for rows in captions.by_expert], gather_rows(captions.weights_QM)
        )
        available = gather_rows(gallery.available_GM.to(captions.weights_QM.dtype)) > 0
        gallery = VideoEmbeddings([gather_rows(rows) for rows in gallery.by_expert], available)
    return model.similarity(captions, gallery)
