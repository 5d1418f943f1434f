"""Losses on a batch's similarity matrix. Tensors in, scalars out.

Shape suffixes: B = batch, T = teachers, S = their seeds. Row = caption, column = video, own pairs
on the diagonal.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from teachtext.errors import ConfigError

LOWEST_TEMPERATURE = 0.01
"""Below it, a batch that is learned by heart lets the temperature fall for ever (CLIP's bound)."""
_Distance = Callable[[Tensor, Tensor], Tensor]
"""From a student's (B, B) similarities to a target's: one number."""


def max_margin_ranking_loss(sims_BB: Tensor, *, margin: float) -> Tensor:
    """Bidirectional max-margin ranking loss over all pairs off the diagonal (Miech et al., 2018).

    Args:
        sims_BB: (B, B) Similarities of B captions and their B videos.
        margin: Margin by which an own pair should beat a foreign one.
    """
    own_B = sims_BB.diagonal()
    misses_BB = F.relu(margin + sims_BB - own_B[:, None]) + F.relu(margin + sims_BB - own_B[None])
    pairs = sims_BB.numel() - len(sims_BB)
    loss: Tensor = misses_BB.fill_diagonal_(0).sum() / (2 * pairs)
    return loss


def info_nce_loss(sims_BB: Tensor, *, temperature: Tensor | float) -> Tensor:
    """Symmetric InfoNCE: each caption chooses its video, each video its caption (CLIP, 2021).

    Args:
        sims_BB: (B, B) Similarities of B captions and their B videos.
        temperature: Divisor of the similarities.
    """
    logits_BB = sims_BB / temperature
    own_B = torch.arange(len(sims_BB), device=sims_BB.device)
    return (F.cross_entropy(logits_BB, own_B) + F.cross_entropy(logits_BB.T, own_B)) / 2


def aggregate(teachers_TBB: Tensor, how: str | Sequence[float]) -> Tensor:
    """One matrix from the matrices of all teachers.

    Args:
        teachers_TBB: (T, B, B) Similarities of each teacher.
        how: Name of the aggregation: ``mean`` (the paper's), ``min``, ``max`` or ``median`` (of an
            even number, the mean of the two in the middle); or a weight for each teacher.
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


def kl_loss(student_BB: Tensor, target_BB: Tensor, *, temperature: float) -> Tensor:
    """Divergence of the student's choices from the target's, where similarities are logits.

    Each caption chooses a video, and each video a caption. Without the factor temperature² of
    Hinton et al. (2015): it is for temperatures above 1, and similarities of cosines want one far
    below, where it would leave next to nothing of the loss.

    Args:
        student_BB: (B, B) Similarities of the student.
        target_BB: (B, B) Target similarities of the same captions and videos.
        temperature: Divisor of both.
    """
    choices = (
        F.kl_div(
            (student_BB / temperature).log_softmax(dim=dim),
            (target_BB / temperature).log_softmax(dim=dim),
            reduction="sum",
            log_target=True,
        )
        for dim in (0, 1)
    )
    return sum(choices, start=student_BB.new_zeros(())) / (2 * len(student_BB))


def distance_to_teachers(name: str, *, beta: float, temperature: float) -> _Distance:
    """Distance of a name: ``huber`` (that of TeachText, section 3), ``l1``, ``l2`` or ``kl``.

    Args:
        name: Name of the distance.
        beta: Difference from which on ``huber`` is linear.
        temperature: Divisor of the similarities in ``kl``.
    """
    ways: dict[str, _Distance] = {
        "huber": partial(F.smooth_l1_loss, beta=beta),
        "l1": F.l1_loss,
        "l2": F.mse_loss,
        "kl": partial(kl_loss, temperature=temperature),
    }
    return ways[name]


@dataclass(frozen=True)
class Losses:
    """Losses of one step.

    Attributes:
        total: Loss to minimise.
        ranking: Ranking loss of the captions.
        distillation: Distance to the aggregated teachers; None without teachers.
        by_seed: (S,) Distance to each seed of each teacher, for monitoring only; None without
            teachers.
    """

    total: Tensor
    ranking: Tensor
    distillation: Tensor | None
    by_seed: Tensor | None

    def detached(self) -> "Losses":
        """The same numbers without the graph that they came from."""
        distillation = None if self.distillation is None else self.distillation.detach()
        return Losses(self.total.detach(), self.ranking.detach(), distillation, self.by_seed)


class RetrievalLoss(nn.Module):
    """The ranking loss, and with teachers the weighted distillation loss.

    InfoNCE's temperature is learned along with the model, and thrown away with the teachers.

    Args:
        margin: Margin of the max-margin loss.
        temperature: First temperature of InfoNCE; None for the max-margin loss.
        distance: Distance of the student's similarities to the aggregated teachers'.
        distillation_weight: Factor of this distance.
        aggregation: Aggregation of the teachers' similarities, as for ``aggregate``.
        teachers: For each teacher, the indices of its seeds' matrices, whose mean is taken.

    Raises:
        ConfigError: Teachers and their weights differ in number.
    """

    log_temperature: nn.Parameter | None

    def __init__(
        self,
        *,
        margin: float,
        temperature: float | None,
        distance: _Distance,
        distillation_weight: float,
        aggregation: str | Sequence[float],
        teachers: Sequence[Sequence[int]],
    ) -> None:
        super().__init__()
        weights = 0 if isinstance(aggregation, str) else len(aggregation)
        if teachers and weights not in (0, len(teachers)):
            raise ConfigError(
                f"training.teacher_aggregation has {weights} weights for {len(teachers)} "
                "teachers. Give each teacher one."
            )
        self.margin, self.distance, self.distillation_weight = margin, distance, distillation_weight
        self.aggregation, self.teachers = aggregation, teachers
        start = None if temperature is None else nn.Parameter(torch.tensor(math.log(temperature)))
        self.register_parameter("log_temperature", start)

    @property
    def temperature(self) -> Tensor | None:
        """InfoNCE's present temperature."""
        if self.log_temperature is None:
            return None
        return self.log_temperature.clamp(min=math.log(LOWEST_TEMPERATURE)).exp()

    def forward(self, sims_BB: Tensor, seeds_SBB: Tensor | None) -> Losses:
        """Compare a batch's similarities with its captions and with its teachers.

        Args:
            sims_BB: (B, B) Similarities of B captions and their B videos.
            seeds_SBB: (S, B, B) Similarities by each seed of each teacher; None without teachers.
        """
        temperature = self.temperature
        if temperature is None:
            ranking = max_margin_ranking_loss(sims_BB, margin=self.margin)
        else:
            ranking = info_nce_loss(sims_BB, temperature=temperature)
        if seeds_SBB is None:
            return Losses(ranking, ranking, None, None)
        opinions = [
            torch.stack([seeds_SBB[seed] for seed in seeds]).mean(dim=0) for seeds in self.teachers
        ]
        target_BB = aggregate(torch.stack(opinions), self.aggregation)
        distillation = self.distance(sims_BB, target_BB)
        with torch.no_grad():
            by_seed = torch.stack([self.distance(sims_BB, seed_BB) for seed_BB in seeds_SBB])
        total = ranking + self.distillation_weight * distillation
        return Losses(total, ranking, distillation, by_seed)
