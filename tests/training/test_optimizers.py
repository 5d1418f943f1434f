import math
import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from teachtext.training.optimizers import (
    AdamW,
    RAdam,
    Ranger,
    rectification,
)


class NaiveRAdam:
    """The algorithm of the paper's appendix, in float64, one number at a time."""

    def __init__(self, weights, *, lr, weight_decay, betas, eps):
        self.weights, self.lr, self.weight_decay, self.betas = weights, lr, weight_decay, betas
        self.eps, self.step_number = eps, 0
        self.m, self.v = np.zeros_like(weights), np.zeros_like(weights)

    def step(self, gradient):
        beta1, beta2 = self.betas
        self.step_number += 1
        t = self.step_number
        self.m = beta1 * self.m + (1 - beta1) * gradient
        self.v = beta2 * self.v + (1 - beta2) * gradient**2
        self.weights = self.weights - self.lr * self.weight_decay * self.weights
        rho_inf = 2 / (1 - beta2) - 1
        rho = rho_inf - 2 * t * beta2**t / (1 - beta2**t)
        if rho < 5:
            self.weights = self.weights - self.lr * self.m / (1 - beta1**t)
            return
        r = (rho - 4) / (rho_inf - 4) * (rho - 2) / rho * rho_inf / (rho_inf - 2)
        size = math.sqrt(r * (1 - beta2**t)) / (1 - beta1**t)
        self.weights = self.weights - self.lr * size * self.m / (np.sqrt(self.v) + self.eps)


class NaiveRanger(NaiveRAdam):
    def __init__(self, weights, **arguments):
        super().__init__(weights, betas=(0.95, 0.999), eps=1e-5, **arguments)
        self.slow = weights

    def step(self, gradient):
        super().step(gradient)
        if self.step_number % 6 == 0:
            self.slow = self.slow + 0.5 * (self.weights - self.slow)
            self.weights = self.slow


def radam_pair(start, **arguments):
    weights = torch.nn.Parameter(torch.tensor(start, dtype=torch.float32))
    naive = NaiveRAdam(np.array(start), betas=(0.9, 0.999), eps=1e-8, **arguments)
    return weights, RAdam([weights], **arguments), naive


def ranger_pair(start, **arguments):
    weights = torch.nn.Parameter(torch.tensor(start, dtype=torch.float32))
    return weights, Ranger([weights], **arguments), NaiveRanger(np.array(start), **arguments)


@pytest.mark.parametrize("pair", [radam_pair, ranger_pair])
@given(seed=st.integers(0, 1000), scale=st.sampled_from([1e-6, 1e-2, 1.0, 1e3]))
@settings(max_examples=20, deadline=None)
def test_fused_steps_are_the_papers_steps(pair, seed, scale):
    random = np.random.default_rng(seed)
    weights, optimizer, naive = pair(list(random.standard_normal(8)), lr=0.01, weight_decay=0.1)
    for _ in range(15):
        gradient = (scale * random.standard_normal(8)).astype(np.float32)
        weights.grad = torch.from_numpy(gradient)
        optimizer.step()
        naive.step(gradient.astype(np.float64))
    # float32 against float64: an error of the momentum steps is as large as their steps
    tolerance = 2e-6 * max(1.0, np.abs(naive.weights).max())
    np.testing.assert_allclose(weights.detach().numpy(), naive.weights, atol=tolerance)


def test_five_steps_of_momentum_come_first():
    factors = [rectification(step, 0.999) for step in range(1, 8)]
    assert factors[:5] == [None] * 5
    assert 0 < factors[5] < factors[6] < 1


def test_adamw_is_torchs_bit_by_bit():
    def run(kind, **others):
        torch.manual_seed(0)
        weights = [torch.nn.Parameter(torch.randn(3, 4)), torch.nn.Parameter(torch.randn(5))]
        optimizer = kind(weights, lr=0.1, betas=(0.8, 0.9), eps=1e-3, weight_decay=0.2, **others)
        for number in range(5):
            weights[0].grad = torch.randn(3, 4)
            weights[1].grad = torch.randn(5) if number % 2 else None
            optimizer.step()
        return [one.tolist() for one in weights]

    assert run(AdamW) == run(torch.optim.AdamW, fused=True)


def test_a_training_does_not_import_torchs_compiler():
    code = """
import sys
import torch
from teachtext.training.optimizers import Ranger
layer = torch.nn.Linear(2, 1)
optimizer = Ranger(layer.parameters(), lr=0.1, weight_decay=0)
layer(torch.ones(1, 2)).sum().backward()
optimizer.step()
optimizer.zero_grad()
print("torch._dynamo" in sys.modules)
"""
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "False\n"


@pytest.mark.parametrize("kind", [AdamW, RAdam, Ranger])
def test_a_saved_optimizer_goes_on_as_if_nothing_had_happened(kind):
    gradients = torch.randn(14, 3, generator=torch.Generator().manual_seed(0))

    def run(stop_at):
        weights = torch.nn.Parameter(torch.ones(3))
        optimizer = kind([weights], lr=0.1, weight_decay=0.01)
        for number, gradient in enumerate(gradients):
            if number == stop_at:
                before, weights = optimizer, torch.nn.Parameter(weights.detach())
                optimizer = kind([weights], lr=0.1, weight_decay=0.01)
                optimizer.load(before.steps, before.tensors())
            weights.grad = gradient
            optimizer.step()
        return weights.detach()

    assert torch.equal(run(stop_at=None), run(stop_at=8))
