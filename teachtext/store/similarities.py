"""Similarity matrices of captions and videos, as Parquet, written block by block, read in place."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from teachtext.errors import StoreError
from teachtext.store.mapped import MappedFile
from teachtext.store.mapped_table import MappedTable, writing
from teachtext.store.versions import MADE_BY, check_stamp, stamp

BLOCK = 256
"""Captions in a block."""
_COLUMNS = pa.schema([("caption_id", pa.string())])
_HALF = np.dtype(np.float16)


@dataclass(frozen=True)
class AlignedSimilarities:
    """A model's similarities of chosen captions (rows) and videos (columns), in a mapped file.

    Attributes:
        file: File that holds the similarities.
        starts: (rows,) First byte of each row of the file's matrix.
        columns: (columns,) Index of each column in the file's matrix.
    """

    file: MappedFile
    starts: NDArray[np.int64]
    columns: NDArray[np.int64]

    def gather(self, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.float32]:
        """(len(rows), len(columns)) float32: the similarities where rows and columns cross."""
        first = self.starts[rows][:, None] + self.columns[columns] * _HALF.itemsize
        # byte by byte, because the values begin anywhere in the file, at odd places too
        halves = np.empty((*first.shape, _HALF.itemsize), np.uint8)
        for byte in range(_HALF.itemsize):
            halves[..., byte] = self.file.bytes.take(first + byte)
        return halves.view(_HALF)[..., 0].astype(np.float32)

    def release(self) -> None:
        """Drop mapped pages from this process; they stay in the kernel's page cache."""
        self.file.release()


@dataclass(frozen=True)
class SimilarityStore:
    """A model's similarities of captions (rows) and videos (columns), in a mapped file.

    Attributes:
        model: Model that computed the similarities, as ``name/seed``.
        caption_ids: Caption ids of the rows.
        video_ids: Video ids of the columns.
        file: File that holds the similarities.
        starts: (rows,) First byte of each row.
        sha256: Digest of the file's bytes.
    """

    model: str
    caption_ids: list[str]
    video_ids: list[str]
    file: MappedFile
    starts: NDArray[np.int64]
    sha256: str

    def blocks(self) -> Iterator[NDArray[np.float32]]:
        """All rows in order, ``BLOCK`` at a time."""
        row_bytes = len(self.video_ids) * _HALF.itemsize
        for begin in range(0, len(self.starts), BLOCK):
            starts = self.starts[begin : begin + BLOCK].tolist()
            rows = [self.file.bytes[start : start + row_bytes] for start in starts]
            yield np.stack(rows).view(_HALF).astype(np.float32)
            self.file.release()

    def aligned(self, caption_ids: Sequence[str], video_ids: Sequence[str]) -> AlignedSimilarities:
        """The same matrix with the rows and columns asked for; no value is read.

        Raises:
            StoreError: a caption or video is not in the matrix.
        """
        rows = _positions(
            self.caption_ids, caption_ids, f"caption in the similarities {self.model}"
        )
        columns = _positions(self.video_ids, video_ids, f"video in the similarities {self.model}")
        return AlignedSimilarities(self.file, self.starts[rows], columns)


def _positions(have: Sequence[str], want: Sequence[str], what: str) -> NDArray[np.int64]:
    position = {name: index for index, name in enumerate(have)}
    missing = [name for name in want if name not in position]
    if missing:
        raise StoreError(
            f"There is no {what} called {missing[0]!r} ({len(missing)} missing of {len(want)}). "
            "Run snakemake to compute them again."
        )
    return np.array([position[name] for name in want], dtype=np.int64)


def write_similarities(
    path: Path,
    blocks: Iterable[tuple[Sequence[str], NDArray[np.float32]]],
    *,
    model: str,
    video_ids: Sequence[str],
    made_by: str = "compute_similarities",
) -> None:
    """Write a matrix block by block, as float16; memory stays at one block.

    Args:
        path: Parquet file to write; appears complete or not at all.
        blocks: Caption ids and their (block, videos) similarities; preferably ``BLOCK`` rows each.
        model: Model that computed the similarities, as ``name/seed``.
        video_ids: Video ids of the columns.
        made_by: Rule that writes the file.
    """
    row = pa.list_(pa.field("element", pa.float16(), nullable=False), len(video_ids))
    schema = _COLUMNS.append(pa.field("sim", row, nullable=False))
    names = {"model": model, "video_ids": json.dumps(list(video_ids))}
    metadata = {MADE_BY: stamp(made_by), **names}
    with writing(path, schema, metadata) as append:
        for caption_ids, sims in blocks:
            halves = sims.astype(np.float16)
            lists = pa.FixedSizeListArray.from_arrays(pa.array(halves.ravel()), type=row)
            append(pa.table([list(caption_ids), lists], schema=schema), halves)


def open_similarities(path: Path) -> SimilarityStore:
    """Open a matrix; every byte is compared with what was written, none is loaded.

    Raises:
        StoreError: missing or damaged file, or one of another version.
    """
    table = MappedTable(path, _COLUMNS)
    check_stamp(table.metadata.get(MADE_BY), path)
    video_ids = json.loads(table.metadata["video_ids"])
    caption_ids = table.columns.column("caption_id").to_pylist()
    row_bytes = np.full(len(caption_ids), len(video_ids) * _HALF.itemsize, dtype=np.int64)
    return SimilarityStore(
        table.metadata["model"],
        caption_ids,
        video_ids,
        table.file,
        table.starts(row_bytes),
        table.sha256,
    )
