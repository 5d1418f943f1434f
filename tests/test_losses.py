import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from teachtext.errors import ConfigError
from teachtext.losses import (
    RetrievalLoss,
    aggregate,
    distillation_loss,
    info_nce_loss,
    max_margin_ranking_loss,
)
from tests.test_optimizers import training

SIMS = torch.tensor([[0.9, 0.2, 0.5], [0.4, 0.6, 0.7], [0.1, 0.3, 0.8]])
TEACHER = torch.tensor([[0.8, 0.0, 0.4], [0.5, 0.9, 0.6], [0.3, 0.1, 2.5]])


def test_ranking_loss_of_the_authors():
    assert max_margin_ranking_loss(SIMS, margin=0.2).item() == pytest.approx(0.0333333333)


@given(st.integers(2, 7), st.integers(0, 99))
def test_ranking_loss_equals_its_definition(videos, seed):
    sims = torch.randn(videos, videos, generator=torch.Generator().manual_seed(seed))
    terms = [
        max(0.0, 0.3 + float(foreign - sims[i, i]))
        for i in range(videos)
        for j in range(videos)
        if i != j
        for foreign in (sims[i, j], sims[j, i])
    ]
    expected = sum(terms) / len(terms)
    assert max_margin_ranking_loss(sims, margin=0.3).item() == pytest.approx(expected, abs=1e-6)


def test_a_separated_matrix_costs_nothing():
    assert max_margin_ranking_loss(torch.eye(4), margin=0.5) == 0


def test_distillation_loss_of_the_authors():
    assert distillation_loss(SIMS, TEACHER, beta=1).item() == pytest.approx(0.1472222222)


def test_beyond_beta_differences_count_linearly():
    loss = distillation_loss(torch.zeros(1, 1), torch.full((1, 1), 3.0), beta=0.5)
    assert loss.item() == 3 - 0.25


def test_info_nce_by_hand():
    """Of two, the own one leads by ln 3: it is chosen with probability 3 / 4."""
    sims = torch.tensor([[math.log(3), 0.0], [0.0, math.log(3)]])
    assert info_nce_loss(sims, temperature=1).item() == pytest.approx(-math.log(0.75))
    assert info_nce_loss(sims, temperature=0.01).item() == pytest.approx(0)


def test_aggregation_by_hand():
    teachers = torch.tensor([1.0, 2.0, 6.0])[:, None, None].expand(3, 2, 2)
    ways = {"mean": 3, "min": 1, "max": 6, "median": 2, (2, 1, 1): 2.5}
    for how, expected in ways.items():
        assert aggregate(teachers, how).tolist() == [[pytest.approx(expected)] * 2] * 2
    assert aggregate(teachers[:2], "median")[0, 0] == 1.5


def test_two_losses_add_up_and_every_teacher_is_told():
    loss = RetrievalLoss(training(distillation_weight=10, margin=0.2), teachers=2)
    losses = loss(SIMS, torch.stack([TEACHER, SIMS]))
    halfway = distillation_loss(SIMS, (TEACHER + SIMS) / 2, beta=1)
    assert losses.by_teacher.tolist() == [pytest.approx(0.1472222222), 0]
    assert losses.total.item() == pytest.approx(0.0333333333 + 10 * halfway.item())


def test_teachers_get_no_gradient():
    teachers = torch.stack([TEACHER]).requires_grad_()
    sims = SIMS.clone().requires_grad_()
    losses = RetrievalLoss(training(), teachers=1)(sims, teachers.detach())
    losses.total.backward()
    assert sims.grad is not None
    assert teachers.grad is None


def test_the_temperature_is_learned_within_bounds():
    loss = RetrievalLoss(training(ranking_loss="info-nce", temperature=0.05), teachers=0)
    assert loss.temperature.item() == pytest.approx(0.05)
    loss(SIMS, None).total.backward()
    assert loss.log_temperature.grad is not None
    with torch.no_grad():
        loss.log_temperature.fill_(-9)
    assert loss.temperature.item() == pytest.approx(0.01)


def test_teachers_and_weights_must_be_as_many():
    with pytest.raises(ConfigError, match="3 weights for 2 teachers"):
        RetrievalLoss(training(teacher_aggregation=[1, 1, 1]), teachers=2)
