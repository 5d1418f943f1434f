import pytest
import torch

from teachtext.losses import distillation_loss, max_margin_ranking_loss

SIMS = torch.tensor([[0.9, 0.2, 0.5], [0.4, 0.6, 0.7], [0.1, 0.3, 0.8]])
TEACHER = torch.tensor([[0.8, 0.0, 0.4], [0.5, 0.9, 0.6], [0.3, 0.1, 2.5]])


def test_ranking_loss_of_the_authors():
    assert max_margin_ranking_loss(SIMS, margin=0.2).item() == pytest.approx(0.0333333333)


def test_distillation_loss_of_the_authors():
    assert distillation_loss(SIMS, TEACHER[None]).item() == pytest.approx(0.1472222222)


def test_teachers_count_by_their_mean():
    apart = torch.stack([TEACHER - 1, TEACHER + 1])
    assert torch.allclose(distillation_loss(SIMS, apart), distillation_loss(SIMS, TEACHER[None]))


def test_a_separated_matrix_costs_nothing():
    assert max_margin_ranking_loss(torch.eye(4), margin=0.5) == 0
