"""torch.compile, with its gradients compared with those that it replaces."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from teachtext.errors import TrainingError
from teachtext.models.base import RetrievalModel
from teachtext.training.resuming import TrainingRun
from teachtext.training.steps import Batch, Similarities, batch_similarities, losses_of

log = logging.getLogger(__name__)

TOLERANCE = 0.1
"""Relative; bfloat16 stays an order of magnitude below, a wrong gradient is one above."""


def compiled_similarities(run: TrainingRun, batch: Batch, *, precision: str) -> Similarities:
    """``batch_similarities``, compiled for batches of any length.

    Compilers have been wrong in silence: torch 2.13's CPU compiler gives the weights of a linear
    layer whose input is a slice the gradients of another slice.

    Args:
        run: Run whose model is compiled; it does not change.
        batch: Batch on which gradients are compared.
        precision: Precision of the networks: ``float32`` or ``bfloat16``.

    Raises:
        TrainingError: The compiled model has other gradients.
    """
    # sequences are as long as the longest of their batch: without `dynamic`, each length compiles
    compiled: Similarities = torch.compile(batch_similarities, dynamic=True)
    with _unchanged(run.model):
        expected = _gradients(run, batch, batch_similarities, precision)
        found = _gradients(run, batch, compiled, precision)
    largest = max(float(gradient.norm()) for gradient in expected.values())
    for name, gradient in expected.items():
        apart = float((found[name] - gradient).norm())
        if apart > TOLERANCE * (float(gradient.norm()) + TOLERANCE * largest):
            raise TrainingError(
                f"torch.compile gives {name} a wrong gradient (off by {apart:.3g}, of "
                f"{float(gradient.norm()):.3g}). Set training.compile: false."
            )
    log.info("torch.compile agrees with %d gradients", len(expected))
    return compiled


def _gradients(
    run: TrainingRun, batch: Batch, similarities: Similarities, precision: str
) -> dict[str, Tensor]:
    torch.manual_seed(0)
    run.optimizer.zero_grad()
    losses = losses_of(run, batch, similarities, precision=precision)
    losses.total.backward()  # type: ignore[no-untyped-call]
    return {
        name: weights.grad
        for name, weights in run.model.named_parameters()
        if weights.grad is not None
    }


@contextmanager
def _unchanged(model: RetrievalModel) -> Iterator[None]:
    """Running statistics are put back, whatever happens; dropout draws alike in both ways."""
    import torch._inductor.config as inductor

    buffers = [buffer.clone() for buffer in model.buffers()]
    model.train()
    try:
        with inductor.patch(fallback_random=True):
            yield
    finally:
        for buffer, kept in zip(model.buffers(), buffers, strict=True):
            buffer.copy_(kept)
