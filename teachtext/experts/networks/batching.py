"""Rows of a network, in batches that are filled across videos. Torch only."""

# Shape suffixes: T = rows, B = batch, D = features.
import itertools
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from typing import Generic, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import default_collate

from teachtext.experts.base import Observed
from teachtext.pretrained.hub import Checkpoint
from teachtext.store.records import Features

Input = TypeVar("Input", Tensor, dict[str, Tensor])

GPU_VIDEOS = 16
"""Videos that fill batches together: a clip of 10 s at 1 frame per second is 10 frames."""

Times = tuple[NDArray[np.float64], NDArray[np.float64]]
"""(T,) start and (T,) end of rows in seconds."""


class BatchedNetwork(ABC, Generic[Observed, Input]):
    """Base of experts with one row per input of the network: a frame, a window.

    Attributes:
        dim: Width of a row, D.
        weights: Name and hash of the weights.
        device: Device of the network.
        batch: Number of inputs computed at once.
        videos_per_batch: Number of videos that fill batches together.
        model: Network itself.
    """

    dim: int

    def __init__(self, loaded: Checkpoint, *, gpu_batch: int, cpu_batch: int) -> None:
        """Take a network that is loaded.

        Args:
            loaded: Network on its device.
            gpu_batch: Number of inputs computed at once on a GPU.
            cpu_batch: Number of inputs computed at once on a CPU.
        """
        on_gpu = loaded.device.type == "cuda"
        self.weights, self.device = loaded.weights, loaded.device
        self.batch = gpu_batch if on_gpu else cpu_batch
        self.videos_per_batch = GPU_VIDEOS if on_gpu else 1
        self.model, self._dtype = loaded.model, loaded.dtype

    def extract_batch(self, videos: Sequence[Observed]) -> list[Features]:
        """Features of each video; one without inputs has T = 0."""
        rows = self.rows(self.inputs(videos), len(videos))
        return [
            Features(rows_TD, *self.times(video))
            for rows_TD, video in zip(rows, videos, strict=True)
        ]

    def rows(self, inputs: Iterable[tuple[int, Input]], videos: int) -> list[NDArray[np.float32]]:
        """(T, D) rows of each video, in the order of its inputs.

        Args:
            inputs: Index of a video and one input of the network, drawn as batches need them.
            videos: Number of videos; one without inputs gets 0 rows.
        """
        rows: list[list[NDArray[np.float32]]] = [[] for _ in range(videos)]
        computed = ((owners, self.embed(one)) for owners, one in _batches(inputs, self.batch))
        end: tuple[list[int], Tensor] = ([], torch.empty(0))
        # to fetch vectors is to wait for a GPU, which by then has the next batch to go on with
        for (owners, vectors_BD), _ in itertools.pairwise(itertools.chain(computed, [end])):
            for owner, vector_D in zip(owners, vectors_BD.cpu().numpy(), strict=True):
                rows[owner].append(vector_D)
        return [np.array(video, np.float32).reshape(len(video), self.dim) for video in rows]

    @abstractmethod
    def inputs(self, videos: Sequence[Observed]) -> Iterator[tuple[int, Input]]:
        """Index of a video and one input of the network, without a batch axis, in order."""

    @abstractmethod
    def embed(self, batch: Input) -> Tensor:
        """(B, D) float32 vectors of a batch."""

    @abstractmethod
    def times(self, video: Observed) -> Times:
        """Start and end of each row of a video."""


def _batches(inputs: Iterable[tuple[int, Input]], batch: int) -> Iterator[tuple[list[int], Input]]:
    """Consecutive inputs of one shape, stacked, and the video of each."""
    owners: list[int] = []
    waiting: list[Input] = []
    for owner, one in inputs:
        if waiting and (len(waiting) == batch or _shapes(one) != _shapes(waiting[0])):
            yield owners, default_collate(waiting)
            owners, waiting = [], []
        owners.append(owner)
        waiting.append(one)
    if waiting:
        yield owners, default_collate(waiting)


def _shapes(one: Tensor | dict[str, Tensor]) -> list[torch.Size]:
    return [part.shape for part in (one.values() if isinstance(one, dict) else [one])]
