"""Similarity matrices of captions and videos, as Parquet, written and read block by block."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from teachtext.atomic import replacing
from teachtext.errors import StoreError
from teachtext.store.tables import read_table, table_metadata

BLOCK = 256
"""Captions in a row group."""


@dataclass(frozen=True)
class SimilarityMatrix:
    """A model's similarities of captions (rows) and videos (columns).

    Attributes:
        model: whose opinion this is, as ``name/seed``.
        caption_ids: of the rows.
        video_ids: of the columns.
        sims_QG: float32.
    """

    model: str
    caption_ids: list[str]
    video_ids: list[str]
    sims_QG: NDArray[np.float32]

    def aligned(self, caption_ids: Sequence[str], video_ids: Sequence[str]) -> NDArray[np.float32]:
        """The same matrix with the rows and columns asked for.

        Raises:
            StoreError: a caption or video is not in the matrix.
        """
        rows = _positions(
            self.caption_ids, caption_ids, f"caption in the similarities {self.model}"
        )
        columns = _positions(self.video_ids, video_ids, f"video in the similarities {self.model}")
        return self.sims_QG[np.ix_(rows, columns)]


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
) -> None:
    """Write a matrix block by block; memory stays at one block.

    Args:
        path: the Parquet file; appears complete or not at all.
        blocks: caption ids and their (block, videos) similarities; best of ``BLOCK`` rows.
        model: whose, as ``name/seed``.
        video_ids: of the columns.
    """
    row = pa.list_(pa.field("element", pa.float32(), nullable=False), len(video_ids))
    schema = pa.schema(
        [pa.field("caption_id", pa.string()), pa.field("sim", row, nullable=False)],
        metadata={"model": model, "video_ids": json.dumps(list(video_ids))},
    )
    with replacing(path) as temporary, pq.ParquetWriter(temporary, schema) as writer:
        for caption_ids, sims in blocks:
            flat = pa.array(np.ascontiguousarray(sims, dtype=np.float32).ravel())
            lists = pa.FixedSizeListArray.from_arrays(flat, type=row)
            writer.write_table(pa.table([pa.array(list(caption_ids)), lists], schema=schema))


def read_similarities(path: Path) -> SimilarityMatrix:
    """Read a matrix.

    Raises:
        StoreError: missing or damaged file.
    """
    table = read_table(path)
    metadata = table_metadata(table)
    video_ids = json.loads(metadata["video_ids"])
    flat = table.column("sim").combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return SimilarityMatrix(
        metadata["model"],
        table.column("caption_id").to_pylist(),
        video_ids,
        flat.reshape(-1, len(video_ids)),
    )
