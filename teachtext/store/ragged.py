"""Ragged arrays: sequences of rows, in one array. NumPy only, no meaning."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

_T = TypeVar("_T", bound=np.generic)


class Rows(Protocol):
    """Sequences of rows of one width, wherever they are: ``Ragged`` or ``MappedRows``."""

    @property
    def dim(self) -> int:
        """Width of a row."""

    @property
    def lengths(self) -> NDArray[np.int64]:
        """(sequences,) rows of each."""

    def take(self, indices: NDArray[np.int64]) -> "Ragged[Any]":
        """Copy the sequences of those indices, in that order."""

    def select(self, indices: NDArray[np.int64]) -> Self:
        """Only the sequences of those indices, in that order."""

    def release(self) -> None:
        """Let the memory go of what can be read again from a file."""


@dataclass(frozen=True)
class Ragged(Generic[_T]):
    """Sequences of different lengths in one array.

    Attributes:
        values: (rows, ...) All sequences end to end.
        offsets: (sequences + 1,) Offsets as int64; sequence i is ``values[offsets[i]:offsets[i +
            1]]``.
    """

    values: NDArray[_T]
    offsets: NDArray[np.int64]

    def __post_init__(self) -> None:
        if len(self.values) != self.offsets[-1]:
            raise ValueError(f"{len(self.values)} rows, but offsets end at {self.offsets[-1]}.")

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, index: int) -> NDArray[_T]:
        return self.values[self.offsets[index] : self.offsets[index + 1]]

    @property
    def dim(self) -> int:
        """Width of a row."""
        return int(self.values.shape[1])

    @property
    def lengths(self) -> NDArray[np.int64]:
        """(sequences,) rows of each."""
        return np.diff(self.offsets)

    def take(self, indices: NDArray[np.int64]) -> "Ragged[_T]":
        """Copy the sequences of those indices, in that order."""
        return gathered(self.values, self.offsets[indices], self.lengths[indices])

    def select(self, indices: NDArray[np.int64]) -> "Ragged[_T]":
        """Only the sequences of those indices, in that order; a copy."""
        return self.take(indices)

    def release(self) -> None:
        """Nothing: these values are nowhere else."""

    def heads(self, count: int) -> "Ragged[_T]":
        """The first rows of every sequence, at most ``count`` of each."""
        kept = np.minimum(self.lengths, count)
        position = np.arange(len(self.values)) - np.repeat(self.offsets[:-1], self.lengths)
        return Ragged(self.values[position < count], offsets_of(kept))

    def means(self) -> "Ragged[np.float32]":
        """The mean of every sequence as its only row; an empty one stays empty."""
        # one by one, which `np.add.reduceat` over all takes eight times as long for
        found = np.flatnonzero(self.lengths)
        means = [self[index].mean(axis=0, dtype=np.float32) for index in found.tolist()]
        values = np.array(means, dtype=np.float32).reshape(-1, self.dim)
        return Ragged(values, offsets_of(self.lengths > 0))


def offsets_of(lengths: Iterable[int] | NDArray[np.int64]) -> NDArray[np.int64]:
    """(sequences + 1,) offsets of sequences of those lengths."""
    counts = np.fromiter(lengths, dtype=np.int64)
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])


def gathered(
    values: NDArray[_T], starts: NDArray[np.int64], lengths: NDArray[np.int64]
) -> Ragged[_T]:
    """Copy sequences that lie anywhere in an array.

    Args:
        values: (rows, ...) Array of all rows.
        starts: (sequences,) Index of the first row of each sequence.
        lengths: (sequences,) Number of rows of each sequence.
    """
    offsets = offsets_of(lengths)
    rows = np.repeat(starts - offsets[:-1], lengths) + np.arange(offsets[-1])
    return Ragged(values[rows], offsets)


def join(sequences: Iterable[NDArray[_T]], empty: NDArray[_T]) -> Ragged[_T]:
    """Put sequences end to end.

    Args:
        sequences: Arrays with equal trailing shape and dtype.
        empty: (0, ...) Array of that trailing shape and dtype, used if there are no rows at all.
    """
    arrays = list(sequences)
    return Ragged(np.concatenate([empty, *arrays]), offsets_of(len(array) for array in arrays))
