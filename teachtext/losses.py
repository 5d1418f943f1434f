"""Losses on a batch's similarity matrix. Tensors in, scalars out.

Shape suffixes: B = batch, T = teachers. Row = caption, column = video, own pairs on the diagonal.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from teachtext.errors import ConfigError
from teachtext.settings import TrainingSettings

LOWEST_TEMPERATURE = 0.01
"""Below it, a batch that is learned by heart lets the temperature fall for ever (CLIP's bound)."""


def max_margin_ranking_loss(sims_BB: Tensor, *, margin: float) -> Tensor:
    """Bidirectional max-margin ranking loss over all pairs off the diagonal (Miech et al., 2018).

    Args:
        sims_BB: similarities of B captions and their B videos.
        margin: by how much an own pair shall beat a foreign one.
    """
    own_B = sims_BB.diagonal()
    misses_BB = F.relu(margin + sims_BB - own_B[:, None]) + F.relu(margin + sims_BB - own_B[None])
    pairs = sims_BB.numel() - len(sims_BB)
    loss: Tensor = misses_BB.fill_diagonal_(0).sum() / (2 * pairs)
    return loss


def info_nce_loss(sims_BB: Tensor, *, temperature: Tensor | float) -> Tensor:
    """Symmetric InfoNCE: each caption chooses its video, each video its caption (CLIP, 2021).

    Args:
        sims_BB: similarities of B captions and their B videos.
        temperature: divides them.
    """
    logits_BB = sims_BB / temperature
    own_B = torch.arange(len(sims_BB), device=sims_BB.device)
    return (F.cross_entropy(logits_BB, own_B) + F.cross_entropy(logits_BB.T, own_B)) / 2


def aggregate(teachers_TBB: Tensor, how: str | Sequence[float]) -> Tensor:
    """One matrix from the matrices of all teachers.

    Args:
        teachers_TBB: each teacher's similarities.
        how: ``mean`` (the paper's), ``min``, ``max``, ``median`` (of an even number: the mean of
            the two in the middle), or a weight for each teacher.
    """
    if not isinstance(how, str):
        weights_T = teachers_TBB.new_tensor(how)
        return torch.einsum("t,tqg->qg", weights_T / weights_T.sum(), teachers_TBB)
    ways: dict[str, Callable[[Tensor], Tensor]] = {
        "mean": lambda sims: sims.mean(dim=0),
        "min": lambda sims: sims.amin(dim=0),
        "max": lambda sims: sims.amax(dim=0),
        "median": lambda sims: sims.quantile(0.5, dim=0),
    }
    return ways[how](teachers_TBB)


def distillation_loss(student_BB: Tensor, target_BB: Tensor, *, beta: float) -> Tensor:
    """Huber distance from the student's similarity matrix to the teachers' (TeachText, section 3).

    Args:
        student_BB: the student's similarities.
        target_BB: the teachers' of the same captions and videos, aggregated.
        beta: differences beyond it count linearly.
    """
    return F.smooth_l1_loss(student_BB, target_BB, beta=beta)


@dataclass(frozen=True)
class Losses:
    """Losses of one step.

    Attributes:
        total: what is minimised.
        ranking: by the captions.
        distillation: to the aggregated teachers; None without teachers.
        by_teacher: (T,) distance to each teacher; None without teachers. Nobody minimises it.
    """

    total: Tensor
    ranking: Tensor
    distillation: Tensor | None
    by_teacher: Tensor | None

    def detached(self) -> "Losses":
        """The same numbers without the graph that they came from."""
        distillation = None if self.distillation is None else self.distillation.detach()
        return Losses(self.total.detach(), self.ranking.detach(), distillation, self.by_teacher)


class RetrievalLoss(nn.Module):
    """The ranking loss, and with teachers the weighted distillation loss.

    InfoNCE's temperature is learned along with the model, and thrown away with the teachers.

    Args:
        training: which losses, and their numbers.
        teachers: how many there are.

    Raises:
        ConfigError: teachers and their weights differ in number.
    """

    def __init__(self, training: TrainingSettings, *, teachers: int) -> None:
        super().__init__()
        how = training.teacher_aggregation
        if teachers and not isinstance(how, str) and len(how) != teachers:
            raise ConfigError(
                f"training.teacher_aggregation has {len(how)} weights for {teachers} teachers. "
                "Give each teacher one."
            )
        self.settings = training
        if training.ranking_loss == "info-nce":
            self.log_temperature = nn.Parameter(torch.tensor(math.log(training.temperature)))

    @property
    def temperature(self) -> Tensor | None:
        """InfoNCE's present temperature."""
        if self.settings.ranking_loss != "info-nce":
            return None
        return self.log_temperature.clamp(min=math.log(LOWEST_TEMPERATURE)).exp()

    def forward(self, sims_BB: Tensor, teachers_TBB: Tensor | None) -> Losses:
        """Compare a batch's similarities with its captions and with its teachers."""
        temperature = self.temperature
        if temperature is None:
            ranking = max_margin_ranking_loss(sims_BB, margin=self.settings.margin)
        else:
            ranking = info_nce_loss(sims_BB, temperature=temperature)
        if teachers_TBB is None:
            return Losses(ranking, ranking, None, None)
        beta = self.settings.distillation_beta
        target_BB = aggregate(teachers_TBB, self.settings.teacher_aggregation)
        distillation = distillation_loss(sims_BB, target_BB, beta=beta)
        with torch.no_grad():
            apart_TBB = F.smooth_l1_loss(
                sims_BB.expand_as(teachers_TBB), teachers_TBB, beta=beta, reduction="none"
            )
        total = ranking + self.settings.distillation_weight * distillation
        return Losses(total, ranking, distillation, apart_TBB.mean(dim=(1, 2)))
