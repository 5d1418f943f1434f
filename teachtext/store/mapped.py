"""Rows read in place from a file that the kernel maps. Bytes in, NumPy out; no meaning.

What is mapped needs no loading, is shared by all processes that read the file, and its pages are
the kernel's to drop when memory runs short.
"""

import mmap
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from teachtext.store.ragged import Ragged, offsets_of


class MappedFile:
    """The bytes of a file, in place.

    Attributes:
        bytes: (size,) Contents as uint8, read-only.
    """

    def __init__(self, file: IO[bytes]) -> None:
        """Map what is in the file now; the file may be closed afterwards."""
        size = os.fstat(file.fileno()).st_size
        # an empty file cannot be mapped
        self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if size else None
        self.bytes: NDArray[np.uint8] = np.frombuffer(self._map or b"", np.uint8)

    def release(self) -> None:
        """Drop the pages from this process; the next access finds them in the page cache."""
        if self._map is not None:
            self._map.madvise(mmap.MADV_DONTNEED)


@dataclass(frozen=True)
class MappedRows:
    """Sequences of rows in a mapped file.

    Attributes:
        file: File that holds the rows.
        starts: (sequences,) First byte of each sequence; rows of a sequence are contiguous.
        lengths: (sequences,) Number of rows of each sequence.
        dim: Width of a row.
        dtype: Type of the values.
    """

    file: MappedFile
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]
    dim: int
    dtype: np.dtype[Any]

    def __len__(self) -> int:
        return len(self.starts)

    def take(self, indices: NDArray[np.int64]) -> Ragged[Any]:
        """Copy the sequences of those indices, in that order."""
        offsets = offsets_of(self.lengths[indices])
        values = np.empty((int(offsets[-1]), self.dim), self.dtype)
        # as bytes, because a column of a Parquet file begins anywhere, at odd places too
        copied, mapped = values.reshape(-1).view(np.uint8), self.file.bytes
        ends = (offsets * (self.dim * self.dtype.itemsize)).tolist()
        for start, begin, end in zip(self.starts[indices].tolist(), ends, ends[1:], strict=False):
            copied[begin:end] = mapped[start : start + end - begin]
        return Ragged(values, offsets)

    def select(self, indices: NDArray[np.int64]) -> "MappedRows":
        """Only the sequences of those indices, in that order; no value is copied."""
        return MappedRows(
            self.file, self.starts[indices], self.lengths[indices], self.dim, self.dtype
        )

    def release(self) -> None:
        """Drop the pages of the whole file from this process."""
        self.file.release()


def scratch_folder() -> str:
    """Where files are that end with the process: TMPDIR, else /var/tmp.

    Not /tmp, which is in memory on many machines.
    """
    disk = "/var/tmp"
    given = "TMPDIR" in os.environ or not os.access(disk, os.W_OK)
    return tempfile.gettempdir() if given else disk


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
        self._folder = scratch_folder()
        self._file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115 - closed when mapped
        self._end = 0

    def add(self, places: NDArray[np.int64], sequences: Ragged[Any]) -> None:
        """Add sequences.

        Args:
            places: (sequences,) Index of each added sequence among all.
            sequences: Rows of the added sequences.

        Raises:
            OSError: the disk is full; names the folder.
        """
        values = np.ascontiguousarray(sequences.values, self._dtype)
        width = self._dim * self._dtype.itemsize
        self._starts[places] = self._end + sequences.offsets[:-1] * width
        self._lengths[places] = sequences.lengths
        with self._naming_folder():
            self._file.write(values.reshape(-1).view(np.uint8).data)
        self._end += values.nbytes

    def mapped(self) -> MappedRows:
        """All sequences, in place; none can be added any more."""
        with self._naming_folder():
            self._file.flush()
        file = MappedFile(self._file)
        self._file.close()
        return MappedRows(file, self._starts, self._lengths, self._dim, self._dtype)

    @contextmanager
    def _naming_folder(self) -> Iterator[None]:
        """A file without a name cannot say where there is no room."""
        try:
            yield
        except OSError as error:
            raise OSError(error.errno, error.strerror, self._folder) from None
