"""Ragged arrays: sequences of rows, in memory or in a Zarr group. NumPy and Zarr, no meaning."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import zarr

T = TypeVar("T", bound=np.generic)


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
class Ragged(Generic[T]):
    """Sequences of different lengths in one array.

    Attributes:
        values: (rows, ...) All sequences end to end.
        offsets: (sequences + 1,) Offsets as int64; sequence i is ``values[offsets[i]:offsets[i +
            1]]``.
    """

    values: NDArray[T]
    offsets: NDArray[np.int64]

    def __post_init__(self) -> None:
        if len(self.values) != self.offsets[-1]:
            raise ValueError(f"{len(self.values)} rows, but offsets end at {self.offsets[-1]}.")

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, index: int) -> NDArray[T]:
        return self.values[self.offsets[index] : self.offsets[index + 1]]

    @property
    def dim(self) -> int:
        """Width of a row."""
        return int(self.values.shape[1])

    @property
    def lengths(self) -> NDArray[np.int64]:
        """(sequences,) rows of each."""
        return np.diff(self.offsets)

    def take(self, indices: NDArray[np.int64]) -> "Ragged[T]":
        """Copy the sequences of those indices, in that order."""
        return gathered(self.values, self.offsets[indices], self.lengths[indices])

    def select(self, indices: NDArray[np.int64]) -> "Ragged[T]":
        """Only the sequences of those indices, in that order; a copy."""
        return self.take(indices)

    def release(self) -> None:
        """Nothing: these values are nowhere else."""

    def heads(self, count: int) -> "Ragged[T]":
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
    values: NDArray[T], starts: NDArray[np.int64], lengths: NDArray[np.int64]
) -> Ragged[T]:
    """Copy sequences that lie anywhere in an array.

    Args:
        values: (rows, ...) Array of all rows.
        starts: (sequences,) Index of the first row of each sequence.
        lengths: (sequences,) Number of rows of each sequence.
    """
    offsets = offsets_of(lengths)
    rows = np.repeat(starts - offsets[:-1], lengths) + np.arange(offsets[-1])
    return Ragged(values[rows], offsets)


def join(sequences: Iterable[NDArray[T]], empty: NDArray[T]) -> Ragged[T]:
    """Put sequences end to end.

    Args:
        sequences: Arrays with equal trailing shape and dtype.
        empty: (0, ...) Array of that trailing shape and dtype, used if there are no rows at all.
    """
    arrays = list(sequences)
    return Ragged(np.concatenate([empty, *arrays]), offsets_of(len(array) for array in arrays))


def create_array(
    group: "zarr.Group",
    name: str,
    values: NDArray[Any],
    *,
    chunk_rows: int,
    chunks_per_shard: int | None = None,
) -> None:
    """Write an array in chunks of whole rows, compressed and with a checksum.

    The checksum makes a flipped bit an error on reading instead of a silent wrong number.

    Args:
        group: Group to write to.
        name: Name of the array.
        values: (rows, ...) Values of the array.
        chunk_rows: Number of rows per chunk.
        chunks_per_shard: Number of chunks per file; None for one file per chunk.
    """
    array = _create(group, name, values, chunk_rows, chunks_per_shard)
    if values.size:
        array[:] = values


@contextmanager
def appending(
    group: "zarr.Group",
    name: str,
    empty: NDArray[Any],
    *,
    chunk_rows: int,
    chunks_per_shard: int,
) -> Iterator[Callable[[NDArray[Any]], None]]:
    """Write an array as ``create_array`` does, some rows at a time.

    Whole shards are written at once, so that no file is written twice and few rows are in memory.

    Args:
        group: Group to write to.
        name: Name of the array.
        empty: (0, ...) Array of the trailing shape and dtype.
        chunk_rows: Number of rows per chunk.
        chunks_per_shard: Number of chunks per file.

    Yields:
        A function that appends rows.
    """
    array = _create(group, name, empty, chunk_rows, chunks_per_shard)
    whole = chunk_rows * chunks_per_shard
    pending, rows, written = [empty], 0, 0

    def flush(count: int) -> None:
        nonlocal pending, rows, written
        joined = np.concatenate(pending)
        array.resize((written + count, *empty.shape[1:]))
        array[written : written + count] = joined[:count]
        pending, rows, written = [joined[count:]], rows - count, written + count

    def append(values: NDArray[Any]) -> None:
        nonlocal rows
        pending.append(values)
        rows += len(values)
        if rows >= whole:
            flush(rows // whole * whole)

    yield append
    if rows:
        flush(rows)


def _create(
    group: "zarr.Group",
    name: str,
    values: NDArray[Any],
    chunk_rows: int,
    chunks_per_shard: int | None,
) -> Any:  # noqa: ANN401 - zarr's arrays have no public generic-free type
    from zarr.codecs import ZstdCodec  # tables of ragged rows are read without zarr, too

    trailing = values.shape[1:]
    shards = None if chunks_per_shard is None else (chunk_rows * chunks_per_shard, *trailing)
    return group.create_array(
        name,
        shape=values.shape,
        dtype=str if values.dtype.kind in "OU" else values.dtype,
        chunks=(chunk_rows, *trailing),
        shards=shards,
        compressors=ZstdCodec(level=1, checksum=True),
    )
