"""Optimisers and learning rates. Parameters and settings in; no data, no files.

All three are torch's fused AdamW: one pass over the parameters, which on a CPU is what memory
bandwidth allows. RAdam is Adam with another step size, so it needs no kernel of its own.
"""

import math
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

from teachtext.settings import TrainingSettings

RECTIFIED_FROM = 5.0
"""Length of the approximated moving average from which on its variance is trusted."""
NO_ADAPTATION = 1e12
"""An eps next to which every second moment vanishes."""


class RAdam(torch.optim.AdamW):
    """Rectified Adam (Liu et al., 2020) with decoupled weight decay.

    As in the paper's code, eps is added to the root of the second moment before its bias is
    corrected, and while the variance cannot be trusted the step is plain momentum.

    Args:
        params: as for every optimiser of torch.
        lr: learning rate.
        betas: decay of the first and the second moment.
        eps: added to the root of the second moment.
        weight_decay: decoupled: each step takes lr * weight_decay of a parameter.
    """

    def __init__(
        self,
        params: Iterable[nn.Parameter] | Iterable[dict[str, Any]],
        *,
        lr: float,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float,
    ) -> None:
        super().__init__(params, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, fused=True)
        for group in self.param_groups:
            group["steps"] = 0

    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Update the parameters by their gradients."""
        given = [(group["lr"], group["eps"], group["weight_decay"]) for group in self.param_groups]
        for group in self.param_groups:
            group["steps"] += 1
            _rectify(group)
        super().step(closure)
        for group, (lr, eps, weight_decay) in zip(self.param_groups, given, strict=True):
            group.update(lr=lr, eps=eps, weight_decay=weight_decay)


def _rectify(group: dict[str, Any]) -> None:
    """Let AdamW's step of this group be RAdam's.

    AdamW steps by lr / c1 * m / (sqrt(v) / c2 + eps), where c1 and c2 correct the biases;
    RAdam by r * lr * c2 / c1 * m / (sqrt(v) + eps), or by lr / c1 * m.
    """
    lr, (_, beta2) = group["lr"], group["betas"]
    factor = rectification(group["steps"], beta2)
    if factor is None:
        group.update(lr=lr * NO_ADAPTATION, eps=NO_ADAPTATION)
    else:
        bias = math.sqrt(1 - beta2 ** group["steps"])
        group.update(lr=lr * factor, eps=group["eps"] / bias)
    group["weight_decay"] *= lr / group["lr"]


def rectification(step: int, beta2: float) -> float | None:
    """Factor of the step size that rectifies Adam's variance (Liu et al., 2020, equation 12).

    Args:
        step: counted from 1.
        beta2: decay of the second moment.

    Returns:
        None while there are too few gradients to adapt to.
    """
    longest = 2 / (1 - beta2) - 1
    decayed = beta2**step
    length = longest - 2 * step * decayed / (1 - decayed)
    if length < RECTIFIED_FROM:
        return None
    return math.sqrt(
        ((length - 4) * (length - 2) * longest) / ((longest - 4) * (longest - 2) * length)
    )


class Ranger(RAdam):
    """RAdam with Lookahead (Zhang et al., 2019): slow weights follow, and are returned to.

    Args:
        params: as for every optimiser of torch.
        lr: learning rate.
        weight_decay: decoupled.
        period: steps between two returns to the slow weights.
        share: of the way to the fast weights that the slow ones go.
    """

    def __init__(
        self,
        params: Iterable[nn.Parameter] | Iterable[dict[str, Any]],
        *,
        lr: float,
        weight_decay: float,
        period: int = 6,
        share: float = 0.5,
    ) -> None:
        super().__init__(params, lr=lr, betas=(0.95, 0.999), eps=1e-5, weight_decay=weight_decay)
        self.period, self.share = period, share

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Update the parameters, and every few steps their slow companions."""
        before = self._first_weights()
        super().step(closure)
        for group in self.param_groups:
            fast = [weights for weights in group["params"] if weights.grad is not None]
            for weights in fast:
                if weights in before:
                    self.state[weights]["slow"] = before[weights]
            if group["steps"] % self.period == 0:
                slow = [self.state[weights]["slow"] for weights in fast]
                torch._foreach_lerp_(slow, fast, self.share)
                torch._foreach_copy_(fast, slow)

    def _first_weights(self) -> dict[Tensor, Tensor]:
        """Copies of parameters that have not moved yet; the inner optimiser makes their state."""
        return {
            weights: weights.detach().clone()
            for group in self.param_groups
            for weights in group["params"]
            if weights.grad is not None and not self.state.get(weights)
        }


def make_optimizer(modules: Iterable[nn.Module], training: TrainingSettings) -> torch.optim.AdamW:
    """The optimiser that `training` in config.yaml names, for all parameters of some modules."""
    parameters = [weights for module in modules for weights in module.parameters()]
    makers: dict[str, Callable[..., torch.optim.AdamW]] = {
        "radam": RAdam,
        "ranger": Ranger,
        "adamw": adamw,
    }
    return makers[training.optimizer](
        parameters, lr=training.learning_rate, weight_decay=training.weight_decay
    )


def adamw(params: list[nn.Parameter], *, lr: float, weight_decay: float) -> torch.optim.AdamW:
    """AdamW with torch's own moments, fused."""
    return torch.optim.AdamW(params, lr=lr, weight_decay=weight_decay, fused=True)


def learning_rate(step: int, *, steps_per_epoch: int, training: TrainingSettings) -> float:
    """Learning rate of a step, counted from 0 over the whole run.

    Exponential falls once per epoch, as in the paper; cosine falls with every step.
    """
    if training.schedule == "exponential":
        factor = training.learning_rate_decay ** (step // steps_per_epoch)
    else:
        factor = cosine_factor(step, steps_per_epoch * training.epochs)
    return training.learning_rate * factor * warmup_factor(step, training.warmup_steps)


def cosine_factor(step: int, steps: int) -> float:
    """From 1 down to 0 after so many steps (Loshchilov and Hutter, 2017)."""
    return (1 + math.cos(math.pi * step / steps)) / 2


def warmup_factor(step: int, warmup_steps: int) -> float:
    """From near 0 up to 1 after so many steps."""
    return min(1.0, (step + 1) / (warmup_steps + 1))


def set_learning_rate(optimizer: torch.optim.Optimizer, value: float) -> None:
    """Use another learning rate from the next step on."""
    for group in optimizer.param_groups:
        group["lr"] = value
