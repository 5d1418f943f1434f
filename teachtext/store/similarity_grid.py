"""A matrix of captions and videos that is filled in any order, on disk; memory stays small."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from teachtext.store.mapped import naming_scratch_folder, scratch_folder


class SimilarityGrid:
    """Similarities of captions (rows) and videos (columns), and which of them are given.

    Attributes:
        caption_ids: Caption ids of the rows.
        video_ids: Video ids of the columns.
    """

    def __init__(self, caption_ids: Sequence[str], video_ids: Sequence[str]) -> None:
        """Make room in files without names that end with the process.

        Raises:
            OSError: The disk is full.
        """
        self.caption_ids, self.video_ids = list(caption_ids), list(video_ids)
        shape = len(self.caption_ids), len(self.video_ids)
        self._sims, self._given = _scratch(shape, np.float16), _scratch(shape, np.bool_)
        self._count = 0

    def put(
        self, rows: NDArray[np.int64], columns: NDArray[np.int64], sims: NDArray[np.float16]
    ) -> None:
        """Fill in values; the three are broadcast against each other."""
        self._sims[rows, columns] = sims
        self._given[rows, columns] = True
        self._count += sims.size

    def repeated(self) -> int:
        """How many values were put where there was one."""
        return self._count - int(np.count_nonzero(self._given))

    def gap(self) -> str:
        """What is not given, in words: captions, videos or pairs of them; empty for nothing."""
        for what, ids, axis in (
            ("captions", self.caption_ids, 1),
            ("videos", self.video_ids, 0),
        ):
            lacking = np.flatnonzero(~self._given.any(axis=axis))
            if len(lacking):
                return f"{len(lacking)} of {len(ids)} training {what}, first {ids[lacking[0]]!r}"
        incomplete = np.flatnonzero(~self._given.all(axis=1))
        if not len(incomplete):
            return ""
        caption = self.caption_ids[incomplete[0]]
        video = self.video_ids[int(self._given[incomplete[0]].argmin())]
        pairs = self._given.size - int(np.count_nonzero(self._given))
        return f"{pairs} pairs, first caption {caption!r} with video {video!r}"

    def blocks(self, size: int) -> Iterator[tuple[list[str], NDArray[np.float32]]]:
        """Caption ids and their (size, videos) similarities, in order."""
        for begin in range(0, len(self.caption_ids), size):
            part = slice(begin, begin + size)
            yield self.caption_ids[part], self._sims[part].astype(np.float32)


def _extend(file: int, _: int, size: int) -> None:
    os.ftruncate(file, size)


def _scratch(shape: tuple[int, int], dtype: type[np.generic]) -> NDArray[Any]:
    with naming_scratch_folder(), tempfile.TemporaryFile(dir=scratch_folder()) as file:
        reserve = getattr(os, "posix_fallocate", _extend)  # macOS has none
        # a full disk is an error here, and a signal when a mapped page has no room
        reserve(file.fileno(), 0, shape[0] * shape[1] * np.dtype(dtype).itemsize)
        return np.memmap(file, dtype=dtype, mode="r+", shape=shape)
