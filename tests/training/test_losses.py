import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from teachtext.errors import ConfigError
from teachtext.training.losses import (
    aggregate,
    distance_to_teachers,
    info_nce_loss,
    kl_loss,
    max_margin_ranking_loss,
)
from teachtext.training.recipe import make_loss
from tests.support.toy_training import training

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


def distance(student, target, *, distillation_loss="huber", beta=1.0):
    return distance_to_teachers(distillation_loss, beta=beta, temperature=0.05)(student, target)


def test_distillation_loss_of_the_authors():
    assert distance(SIMS, TEACHER).item() == pytest.approx(0.1472222222)


@pytest.mark.parametrize(
    ("name", "expected"), [("huber", (0.125 + 2.5) / 2), ("l1", 1.75), ("l2", 4.625)]
)
def test_distances_of_a_half_and_of_three(name, expected):
    """Half of 1/4 and 3 - 1/2; 1/2 and 3; 1/4 and 9."""
    found = distance(torch.zeros(1, 2), torch.tensor([[0.5, 3.0]]), distillation_loss=name)
    assert found.item() == expected


def test_beyond_beta_differences_count_linearly():
    loss = distance(torch.zeros(1, 1), torch.full((1, 1), 3.0), beta=0.5)
    assert loss.item() == 3 - 0.25


def test_divergence_by_hand():
    """Everyone of the teacher chooses its own with 3 / 4, of the student with 1 / 2."""
    teacher = torch.tensor([[math.log(3), 0.0], [0.0, math.log(3)]])
    expected = 0.75 * math.log(1.5) + 0.25 * math.log(0.5)
    assert kl_loss(torch.zeros(2, 2), teacher, temperature=1).item() == pytest.approx(expected)
    halved = kl_loss(torch.zeros(2, 2), teacher / 2, temperature=0.5)
    assert halved.item() == pytest.approx(expected)


def naive_divergence(student, target, temperature):
    """Choice by choice, in Python's floats; rows alone."""

    def chances(logits):
        powers = [math.exp(logit / temperature) for logit in logits]
        return [power / sum(powers) for power in powers]

    return sum(
        wanted * math.log(wanted / found)
        for student_row, target_row in zip(student.tolist(), target.tolist(), strict=True)
        for found, wanted in zip(chances(student_row), chances(target_row), strict=True)
    ) / len(student)


@given(st.integers(1, 6), st.integers(0, 99), st.sampled_from([0.1, 1.0, 7.0]))
def test_divergence_equals_its_definition(videos, seed, temperature):
    both = torch.rand(2, videos, videos, generator=torch.Generator().manual_seed(seed))
    by_captions = naive_divergence(*both, temperature)
    by_videos = naive_divergence(*both.transpose(1, 2), temperature)
    found = kl_loss(*both, temperature=temperature).item()
    assert found == pytest.approx((by_captions + by_videos) / 2, rel=1e-3, abs=1e-6)


@given(st.integers(0, 99))
def test_divergence_knows_differences_alone(seed):
    """What is added to all similarities of both changes no choice."""
    student, target = torch.rand(2, 4, 4, generator=torch.Generator().manual_seed(seed))
    moved = kl_loss(student + 0.5, target - 0.25, temperature=0.05)
    assert moved.item() == pytest.approx(
        kl_loss(student, target, temperature=0.05).item(), rel=1e-3
    )


@pytest.mark.parametrize("name", ["huber", "l1", "l2", "kl"])
def test_a_student_like_its_teacher_costs_nothing(name):
    assert distance(TEACHER, TEACHER, distillation_loss=name).item() == 0
    assert distance(SIMS, TEACHER, distillation_loss=name).item() > 0


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
    loss = make_loss(training(distillation_weight=10, margin=0.2), teachers=[[0], [1]])
    losses = loss(SIMS, torch.stack([TEACHER, SIMS]))
    halfway = distance(SIMS, (TEACHER + SIMS) / 2)
    assert losses.by_seed.tolist() == [pytest.approx(0.1472222222), 0]
    assert losses.total.item() == pytest.approx(0.0333333333 + 10 * halfway.item())


def test_seeds_are_averaged_first_and_are_one_teacher():
    """Three seeds of the first teacher, one of the second; weighed 3 to 1."""
    seeds = torch.tensor([1.0, 9.0, 2.0, 3.0])[:, None, None].expand(4, 2, 2)
    settings = training(teacher_aggregation=[3, 1], distillation_loss="l1")
    losses = make_loss(settings, teachers=[[0, 2, 3], [1]])(torch.zeros(2, 2), seeds)
    assert losses.distillation.item() == (3 * 2 + 9) / 4
    assert losses.by_seed.tolist() == [1, 9, 2, 3]


@pytest.mark.parametrize("name", ["huber", "l1", "l2", "kl"])
def test_every_teacher_is_told_in_the_measure_that_is_minimised(name):
    settings = training(distillation_loss=name)
    losses = make_loss(settings, teachers=[[0]])(SIMS, TEACHER[None])
    assert losses.by_seed.tolist() == [losses.distillation.item()]


@pytest.mark.parametrize("name", ["huber", "l1", "l2", "kl"])
def test_only_the_student_gets_a_gradient(name):
    sims = SIMS.clone().requires_grad_()
    settings = training(distillation_loss=name)
    losses = make_loss(settings, teachers=[[0]])(sims, TEACHER[None])
    assert not losses.by_seed.requires_grad
    (gradient,) = torch.autograd.grad(losses.distillation, sims)
    nearer = sims.detach() - 1e-3 * gradient
    assert distance(nearer, TEACHER, distillation_loss=name) < losses.distillation


def test_the_temperature_is_learned_within_bounds():
    loss = make_loss(training(ranking_loss="info-nce", temperature=0.05), teachers=[])
    assert loss.temperature.item() == pytest.approx(0.05)
    loss(SIMS, None).total.backward()
    assert loss.log_temperature.grad is not None
    with torch.no_grad():
        loss.log_temperature.fill_(-9)
    assert loss.temperature.item() == pytest.approx(0.01)


def test_teachers_and_weights_must_be_as_many():
    with pytest.raises(ConfigError, match="3 weights for 2 teachers"):
        make_loss(training(teacher_aggregation=[1, 1, 1]), teachers=[[0], [1, 2]])
