"""Optimisers and learning rates. Parameters and settings in; no data, no files.

All three are torch's fused AdamW kernel: one pass over the parameters, which on a CPU is what
memory bandwidth allows (0.3 s a step of CE+, torch's own RAdam 2.2 s). RAdam is Adam with another
step size, so it needs no kernel of its own.
Nothing here is a ``torch.optim.Optimizer``: the first of these in a process imports torch's
compiler, to be exempt from it, which takes as long as torch itself (3 s of CPU in each job).
"""

import math
from collections.abc import Iterable, Mapping

import torch
from torch import Tensor, nn

RECTIFIED_FROM = 5.0
"""Length of the approximated moving average from which on its variance is trusted."""
NO_ADAPTATION = 1e12
"""An eps next to which every second moment vanishes."""
LOOKAHEAD_STEPS = 6
"""Steps between two returns to the slow weights."""
LOOKAHEAD_SHARE = 0.5
"""Part of the way to the fast weights that the slow ones go."""


class AdamW:
    """Adam with decoupled weight decay (Loshchilov and Hutter, 2019), bit by bit torch's fused one.

    Args:
        params: Parameters, all on one device. One without a gradient is left alone.
        lr: Learning rate; may be set between steps.
        betas: Decay of the first and the second moment.
        eps: Addend to the root of the second moment.
        weight_decay: Decoupled decay: each step takes lr * weight_decay of a parameter.

    Attributes:
        state: Place of a parameter -> name -> tensor that the next step needs.
        steps: Number of steps so far.
    """

    def __init__(
        self,
        params: Iterable[nn.Parameter],
        *,
        lr: float,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float,
    ) -> None:
        self.params = list(params)
        self.lr, self.betas, self.eps, self.weight_decay = lr, betas, eps, weight_decay
        self.state: dict[int, dict[str, Tensor]] = {}
        self.steps = 0

    def zero_grad(self) -> None:
        """Drop all gradients and their memory."""
        for weights in self.params:
            weights.grad = None

    def step(self) -> None:
        """Update the parameters by their gradients."""
        self.steps += 1
        self.fused_step(lr=self.lr, eps=self.eps, weight_decay=self.weight_decay)

    @torch.no_grad()
    def fused_step(self, *, lr: float, eps: float, weight_decay: float) -> None:
        """Call the kernel for all parameters that have a gradient."""
        moved = [place for place, weights in enumerate(self.params) if weights.grad is not None]
        states = [self.state.get(place) or self._begin(place) for place in moved]
        counts = [state["step"] for state in states]
        torch._foreach_add_(counts, 1)
        torch._fused_adamw_(
            [self.params[place] for place in moved],
            [weights.grad for weights in self.params if weights.grad is not None],
            [state["exp_avg"] for state in states],
            [state["exp_avg_sq"] for state in states],
            [],
            counts,
            lr=lr,
            beta1=self.betas[0],
            beta2=self.betas[1],
            weight_decay=weight_decay,
            eps=eps,
            amsgrad=False,
            maximize=False,
        )

    def _begin(self, place: int) -> dict[str, Tensor]:
        weights = self.params[place]
        self.state[place] = {
            "step": torch.zeros((), device=weights.device),
            "exp_avg": torch.zeros_like(weights),
            "exp_avg_sq": torch.zeros_like(weights),
        }
        return self.state[place]

    def tensors(self) -> dict[str, Tensor]:
        """All that the next step needs but ``steps``, by ``place.name``."""
        return {
            f"{place}.{name}": tensor
            for place, state in self.state.items()
            for name, tensor in state.items()
        }

    def load(self, steps: int, tensors: Mapping[str, Tensor]) -> None:
        """Go on where another one was.

        Args:
            steps: Number of steps of the other optimiser.
            tensors: Tensors of the other optimiser, which this one takes over.
        """
        self.steps, self.state = steps, {}
        for name, tensor in tensors.items():
            place, _, key = name.partition(".")
            device = self.params[int(place)].device
            self.state.setdefault(int(place), {})[key] = tensor.to(device)


class RAdam(AdamW):
    """Rectified Adam (Liu et al., 2020) with decoupled weight decay.

    As in the paper's code, eps is added to the root of the second moment before its bias is
    corrected, and while the variance cannot be trusted the step is plain momentum.

    AdamW steps by lr / c1 * m / (sqrt(v) / c2 + eps), where c1 and c2 correct the biases;
    RAdam by r * lr * c2 / c1 * m / (sqrt(v) + eps), or by lr / c1 * m.
    """

    def step(self) -> None:
        """Update the parameters by their gradients."""
        self.steps += 1
        beta2 = self.betas[1]
        factor = rectification(self.steps, beta2)
        if factor is None:
            lr, eps = self.lr * NO_ADAPTATION, NO_ADAPTATION
        else:
            lr, eps = self.lr * factor, self.eps / math.sqrt(1 - beta2**self.steps)
        self.fused_step(lr=lr, eps=eps, weight_decay=self.weight_decay * self.lr / lr)


def rectification(step: int, beta2: float) -> float | None:
    """Factor of the step size that rectifies Adam's variance (Liu et al., 2020, equation 12).

    Args:
        step: Step number, counted from 1.
        beta2: Decay of the second moment.

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
        params: Parameters, all on one device.
        lr: Learning rate.
        weight_decay: Decoupled decay.
    """

    def __init__(self, params: Iterable[nn.Parameter], *, lr: float, weight_decay: float) -> None:
        super().__init__(params, lr=lr, betas=(0.95, 0.999), eps=1e-5, weight_decay=weight_decay)

    @torch.no_grad()
    def step(self) -> None:
        """Update the parameters, and every few steps their slow companions."""
        moved = [place for place, weights in enumerate(self.params) if weights.grad is not None]
        first = {place: self.params[place].clone() for place in moved if place not in self.state}
        super().step()
        for place, weights in first.items():
            self.state[place]["slow"] = weights
        if self.steps % LOOKAHEAD_STEPS == 0:
            slow = [self.state[place]["slow"] for place in moved]
            fast: list[Tensor] = [self.params[place] for place in moved]
            torch._foreach_lerp_(slow, fast, LOOKAHEAD_SHARE)
            torch._foreach_copy_(fast, slow)


OPTIMIZERS: Mapping[str, type[AdamW]] = {"radam": RAdam, "ranger": Ranger, "adamw": AdamW}
"""Name in config.yaml -> optimiser."""


def cosine_factor(step: int, steps: int) -> float:
    """From 1 down to 0 after so many steps (Loshchilov and Hutter, 2017)."""
    return (1 + math.cos(math.pi * step / steps)) / 2


def warmup_factor(step: int, warmup_steps: int) -> float:
    """From near 0 up to 1 after so many steps."""
    return min(1.0, (step + 1) / (warmup_steps + 1))
