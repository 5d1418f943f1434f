"""Token vectors of captions, as Parquet: one row per caption, never padded."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from teachtext.atomic import replacing
from teachtext.dataset import Caption
from teachtext.store.ragged import Ragged, join
from teachtext.store.tables import read_table, table_metadata
from teachtext.weights import WeightsIdentity


@dataclass(frozen=True)
class TokenTable:
    """Captions with their token vectors.

    Attributes:
        captions: who says what about which video.
        tokens: per caption its (N, D) float16 token vectors.
        encoder: name in config.yaml.
        weights: which weights made the vectors.
    """

    captions: list[Caption]
    tokens: Ragged[np.float16]
    encoder: str
    weights: WeightsIdentity


def write_tokens(
    path: Path,
    blocks: Iterable[tuple[Sequence[Caption], Sequence[NDArray[np.float32]]]],
    *,
    encoder: str,
    weights: WeightsIdentity,
    dim: int,
    max_tokens: int,
) -> None:
    """Write token vectors block by block.

    Args:
        path: the Parquet file; appears complete or not at all.
        blocks: captions and their (N, dim) vectors; a block becomes a row group.
        encoder: name in config.yaml.
        weights: which weights.
        dim: width of a token vector.
        max_tokens: where captions were cut.
    """
    metadata = {
        "encoder": encoder,
        "checkpoint": weights.name,
        "weights_sha256": weights.sha256,
        "max_tokens": str(max_tokens),
        "dim": str(dim),
    }
    vector = pa.list_(pa.field("element", pa.float16(), nullable=False), dim)
    schema = pa.schema(
        [(name, pa.string()) for name in ("caption_id", "video_id", "split", "caption")]
        + [("tokens", pa.list_(vector))],
        metadata=metadata,
    )
    with replacing(path) as temporary, pq.ParquetWriter(temporary, schema) as writer:
        for captions, vectors in blocks:
            halves = join((v.astype(np.float16) for v in vectors), np.empty((0, dim), np.float16))
            flat = pa.FixedSizeListArray.from_arrays(pa.array(halves.values.ravel()), type=vector)
            lists = pa.ListArray.from_arrays(halves.offsets.astype(np.int32), flat)
            columns = [
                [caption.caption_id for caption in captions],
                [caption.video_id for caption in captions],
                [caption.split for caption in captions],
                [caption.caption for caption in captions],
            ]
            writer.write_table(pa.table([*map(pa.array, columns), lists], schema=schema))


def read_tokens(path: Path) -> TokenTable:
    """Read token vectors.

    Raises:
        StoreError: missing or damaged file.
    """
    table = read_table(path)
    metadata = table_metadata(table)
    names = ("caption_id", "video_id", "split", "caption")
    rows = zip(*(table.column(name).to_pylist() for name in names), strict=True)
    lists = table.column("tokens").combine_chunks()
    values = lists.flatten().flatten().to_numpy(zero_copy_only=False)
    lengths = lists.value_lengths().to_numpy(zero_copy_only=False)
    return TokenTable(
        [Caption(*row) for row in rows],
        Ragged(
            values.reshape(-1, int(metadata["dim"])),
            np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]),
        ),
        metadata["encoder"],
        WeightsIdentity(metadata["checkpoint"], metadata["weights_sha256"]),
    )
