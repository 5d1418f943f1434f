"""Rows in a scratch file that the kernel maps. NumPy in, NumPy out; no meaning.

The file has no name and ends with the process. Its pages are the kernel's to write to the disk and
to drop when memory runs short.
"""

import mmap
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from teachtext.store.ragged import Ragged, gathered


@dataclass(frozen=True)
class MappedRows:
    """Sequences of rows in a mapped file.

    Attributes:
        file: Mapped file that holds the rows; None if there are none.
        values: (rows, dim) All rows of the file, read-only.
        starts: (sequences,) Index of the first row of each sequence.
        lengths: (sequences,) Number of rows of each sequence.
    """

    file: mmap.mmap | None
    values: NDArray[Any]
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def dim(self) -> int:
        """Width of a row."""
        return int(self.values.shape[1])

    def take(self, indices: NDArray[np.int64]) -> Ragged[Any]:
        """Copy the sequences of those indices, in that order."""
        return gathered(self.values, self.starts[indices], self.lengths[indices])

    def select(self, indices: NDArray[np.int64]) -> "MappedRows":
        """Only the sequences of those indices, in that order; no value is copied."""
        return replace(self, starts=self.starts[indices], lengths=self.lengths[indices])

    def release(self) -> None:
        """Drop the file's pages from this process; the next access finds them in the page cache."""
        if self.file is not None:
            self.file.madvise(mmap.MADV_DONTNEED)


def scratch_folder() -> str:
    """Where files are that end with the process: TMPDIR, else /var/tmp.

    Not /tmp, which is in memory on many machines.
    """
    disk = "/var/tmp"
    given = "TMPDIR" in os.environ or not os.access(disk, os.W_OK)
    return tempfile.gettempdir() if given else disk


@contextmanager
def naming_scratch_folder() -> Iterator[None]:
    """Say where there is no room, which a file without a name cannot.

    Raises:
        OSError: What the block raises, with the folder's name.
    """
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, scratch_folder()) from None


class ScratchRows:
    """Takes sequences in any order and maps them from a file that ends with the process."""

    def __init__(self, count: int, *, dim: int, dtype: type[np.generic]) -> None:
        """Make the file, without a name, in ``scratch_folder``.

        Args:
            count: Number of sequences in total; those that are never added have no rows.
            dim: Width of a row.
            dtype: Type of the values.
        """
        self._dim, self._dtype = dim, np.dtype(dtype)
        self._starts, self._lengths = np.zeros(count, np.int64), np.zeros(count, np.int64)
        self._file = tempfile.TemporaryFile(dir=scratch_folder())  # noqa: SIM115 - closed when mapped
        self._end = 0

    def add(self, places: NDArray[np.int64], sequences: Ragged[Any]) -> None:
        """Add sequences.

        Args:
            places: (sequences,) Index of each added sequence among all.
            sequences: Rows of the added sequences.

        Raises:
            OSError: The disk is full; names the folder.
        """
        values = np.ascontiguousarray(sequences.values, self._dtype)
        self._starts[places] = self._end + sequences.offsets[:-1]
        self._lengths[places] = sequences.lengths
        with naming_scratch_folder():
            self._file.write(values.data)
        self._end += len(values)

    def mapped(self) -> MappedRows:
        """All sequences, in place; none can be added any more."""
        with naming_scratch_folder():
            self._file.flush()
        # an empty file cannot be mapped
        file = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ) if self._end else None
        self._file.close()
        values = np.frombuffer(file or b"", self._dtype).reshape(-1, self._dim)
        return MappedRows(file, values, self._starts, self._lengths)
