"""Training by several processes that share each batch. Collectives with gradients; no models.

Every process computes the whole loss of the whole batch, from rows that it encoded itself and rows
that it was sent. Gradients of what was exchanged are summed over the processes, and gradients of
the parameters are averaged: together, the gradients of one process with the whole batch.
"""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, distributed, nn
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from teachtext.errors import ConfigError
from teachtext.runtime.devices import device_of, hand_over_gpus


@dataclass(frozen=True)
class Processes:
    """This process among those that train together.

    Attributes:
        rank: Rank of this process; the process of rank 0 writes.
        count: Number of processes.
        device: Device of this process.
    """

    rank: int
    count: int
    device: torch.device

    def share(self, indices: NDArray[np.int64]) -> NDArray[np.int64]:
        """This process's part of a batch."""
        return np.array_split(indices, self.count)[self.rank]

    def wait(self) -> None:
        """Until all processes are here."""
        if self.count > 1:
            distributed.barrier()


def start_processes(count: int, command: list[str]) -> None:
    """Become torchrun with one process per GPU, unless it started this one; never returns then.

    Args:
        count: Number of processes; with one, nothing happens.
        command: Command line after ``teachtext``.
    """
    if count > 1 and not distributed.is_torchelastic_launched():
        hand_over_gpus(count)
        launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(count)]
        os.execv(sys.executable, [sys.executable, *launcher, "-m", "teachtext", *command])


@contextmanager
def joined(*, gpus: int, section: str) -> Iterator[Processes]:
    """Join the processes that torchrun started; without torchrun there is one.

    Args:
        gpus: Number of GPUs; 0 to train on the CPU.
        section: Section of config.yaml that sets it, for the error message.

    Raises:
        ConfigError: There is no such GPU.
    """
    rank, count, local = (
        int(os.environ.get(name, default))
        for name, default in (("RANK", 0), ("WORLD_SIZE", 1), ("LOCAL_RANK", 0))
    )
    if gpus and torch.cuda.device_count() <= local:
        raise ConfigError(
            f"{section}.gpus is {gpus}, but torch sees {torch.cuda.device_count()} GPUs here. "
            f"Set {section}.gpus: 0 to train on the CPU, or run this stage where the GPUs are."
        )
    if count == 1:
        yield Processes(0, 1, device_of(gpus))
        return
    device = torch.device("cuda", local) if gpus else torch.device("cpu")
    distributed.init_process_group("nccl" if gpus else "gloo")
    try:
        yield Processes(rank, count, device)
    finally:
        distributed.destroy_process_group()


def is_shared() -> bool:
    """Whether other processes hold other rows of the same batch."""
    return distributed.is_available() and distributed.is_initialized()


def sum_over_processes(values: Tensor) -> Tensor:
    """The sum of all processes' tensors of this shape, with gradients."""
    summed: Tensor = _Sum.apply(values)  # type: ignore[no-untyped-call]
    return summed


def gather_rows(rows_BD: Tensor) -> Tensor:
    """All processes' rows, in the order of the processes, with gradients."""
    rank, device = distributed.get_rank(), rows_BD.device
    counts = torch.zeros(distributed.get_world_size(), dtype=torch.int64, device=device)
    counts[rank] = len(rows_BD)
    distributed.all_reduce(counts)
    # a sum with zeros, for processes may hold different numbers of rows, which all_gather refuses
    parts = [rows_BD.new_zeros(count, *rows_BD.shape[1:]) for count in counts.tolist()]
    parts[rank] = rows_BD
    return sum_over_processes(torch.cat(parts))


def average_gradients(modules: Iterable[nn.Module]) -> None:
    """Let every parameter have the mean of the processes' gradients.

    All are exchanged as one vector: an exchange of its own for each of 160 small gradients takes
    0.5 s between two busy processes, that of the vector 8 ms.
    """
    every = [weights.grad for module in modules for weights in module.parameters()]
    gradients = [gradient for gradient in every if gradient is not None]
    together = parameters_to_vector(gradients)
    distributed.all_reduce(together)
    vector_to_parameters(together / distributed.get_world_size(), gradients)


class _Sum(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:  # noqa: ANN401, ARG004 - torch's interface
        summed = values.clone()
        distributed.all_reduce(summed)
        return summed

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:  # noqa: ANN401, ARG004
        summed = gradient.clone()
        distributed.all_reduce(summed)
        return summed
