"""Similarity matrices of captions and videos, as Parquet, written block by block."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from teachtext.errors import StoreError
from teachtext.store.mapped import MappedRows
from teachtext.store.tables import table_metadata
from teachtext.store.vectors import StoredRows, VectorTable, vector_writer
from teachtext.store.versions import MADE_BY, check_stamp, stamp

ROWS_PER_BLOCK = 256
"""Captions in a block."""
_COLUMNS = pa.schema([("caption_id", pa.string())])


@dataclass(frozen=True)
class AlignedSimilarities:
    """A model's similarities of chosen captions (rows) and videos (columns), in a scratch file.

    Attributes:
        rows: Per caption, one row of the file's matrix.
        columns: (columns,) Index of each column in the file's matrix.
    """

    rows: MappedRows
    columns: NDArray[np.int64]

    def gather(self, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.float32]:
        """(len(rows), len(columns)) float32: the similarities where rows and columns cross."""
        # 64 x 64 in 0.10 ms; indexing by both axes takes 0.24 ms
        crossings = self.rows.starts[rows][:, None] * self.rows.dim + self.columns[columns]
        return self.rows.values.reshape(-1).take(crossings).astype(np.float32)

    def release(self) -> None:
        """Drop mapped pages from this process; they stay in the kernel's page cache."""
        self.rows.release()


@dataclass(frozen=True)
class SimilarityStore:
    """A model's similarities of captions (rows) and videos (columns), in a file.

    Attributes:
        model: Model that computed the similarities, as ``name/seed``.
        caption_ids: Caption ids of the rows.
        video_ids: Video ids of the columns.
        table: File that holds the similarities.
    """

    model: str
    caption_ids: list[str]
    video_ids: list[str]
    table: VectorTable

    @property
    def sha256(self) -> str:
        """Digest of the file's bytes."""
        return self.table.sha256

    def blocks(self) -> Iterator[NDArray[np.float32]]:
        """All rows in order, ``ROWS_PER_BLOCK`` at a time."""
        for values in self.table.values(ROWS_PER_BLOCK):
            yield values.reshape(-1, len(self.video_ids)).astype(np.float32)

    def aligned(self, caption_ids: Sequence[str], video_ids: Sequence[str]) -> AlignedSimilarities:
        """The same matrix with the rows and columns asked for; these rows are unpacked.

        Raises:
            StoreError: A caption or video is not in the matrix.
        """
        rows = _positions(
            self.caption_ids, caption_ids, f"caption in the similarities {self.model}"
        )
        columns = _positions(self.video_ids, video_ids, f"video in the similarities {self.model}")
        stored = StoredRows(
            [self.table], np.ones(len(self.caption_ids), np.int64), len(self.video_ids)
        )
        return AlignedSimilarities(stored.select(rows), columns)


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
        blocks: Caption ids and their (block, videos) similarities, best of ``ROWS_PER_BLOCK``.
        model: Model that computed the similarities, as ``name/seed``.
        video_ids: Video ids of the columns.
        made_by: Rule that writes the file.
    """
    row = pa.list_(pa.field("element", pa.float16(), nullable=False), len(video_ids))
    schema = _COLUMNS.append(pa.field("sim", row, nullable=False))
    names = {"model": model, "video_ids": json.dumps(list(video_ids))}
    metadata = {MADE_BY: stamp(made_by), **names}
    with vector_writer(path, schema, metadata) as writer:
        for caption_ids, sims in blocks:
            halves = pa.array(sims.astype(np.float16).ravel())
            lists = pa.FixedSizeListArray.from_arrays(halves, type=row)
            writer.write_table(pa.table([list(caption_ids), lists], schema=schema))


def open_similarities(path: Path) -> SimilarityStore:
    """Open a matrix; every byte is compared with what was written, none is loaded.

    Raises:
        StoreError: Missing or damaged file, or one of another version.
    """
    table = VectorTable(path, _COLUMNS)
    metadata = table_metadata(table.columns)
    check_stamp(metadata.get(MADE_BY), path)
    caption_ids = table.columns.column("caption_id").to_pylist()
    return SimilarityStore(metadata["model"], caption_ids, json.loads(metadata["video_ids"]), table)
