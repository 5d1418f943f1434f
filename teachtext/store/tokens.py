"""Token vectors of captions, as Parquet: one row per caption, never padded."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from teachtext.store.ragged import join
from teachtext.store.tables import table_metadata
from teachtext.store.vectors import StoredRows, VectorTable, vector_writer
from teachtext.store.versions import MADE_BY, check_stamp, stamp
from teachtext.store.weights import WeightsIdentity
from teachtext.tables.dataset import Caption

CAPTIONS_PER_BLOCK = 256
"""Captions of a row group."""
TEXTS = ("caption_id", "video_id", "split", "caption")
_COLUMNS = pa.schema([*((name, pa.string()) for name in TEXTS), ("token_count", pa.int32())])


@dataclass(frozen=True)
class TokenTable:
    """Captions with their token vectors.

    Attributes:
        captions: Captions, each with its video and split.
        tokens: Per caption, (N, D) float16 token vectors, to be unpacked for use.
        encoder: Name of the text encoder in config.yaml.
        weights: Identity of the weights that made the vectors.
        max_tokens: Number of tokens at which captions were truncated.
        sha256: Digest of the file's bytes.
    """

    captions: list[Caption]
    tokens: StoredRows
    encoder: str
    weights: WeightsIdentity
    max_tokens: int
    sha256: str


def write_tokens(
    path: Path,
    blocks: Iterable[tuple[Sequence[Caption], Sequence[NDArray[np.floating]]]],
    *,
    encoder: str,
    weights: WeightsIdentity,
    dim: int,
    max_tokens: int,
    made_by: str = "embed_captions",
) -> None:
    """Write token vectors block by block.

    Args:
        path: Parquet file to write; appears complete or not at all.
        blocks: Captions and their (N, dim) vectors; a block becomes a row group.
        encoder: Name of the text encoder in config.yaml.
        weights: Identity of the text encoder's weights.
        dim: Width of a token vector.
        max_tokens: Number of tokens at which captions were truncated.
        made_by: Rule that writes the file.
    """
    metadata = {
        MADE_BY: stamp(made_by),
        "encoder": encoder,
        "checkpoint": weights.name,
        "weights_sha256": weights.sha256,
        "max_tokens": str(max_tokens),
        "dim": str(dim),
    }
    vector = pa.list_(pa.field("element", pa.float16(), nullable=False), dim)
    schema = _COLUMNS.append(pa.field("tokens", pa.list_(vector)))
    with vector_writer(path, schema, metadata) as writer:
        for captions, vectors in blocks:
            cast = (v.astype(np.float16, copy=False) for v in vectors)
            halves = join(cast, np.empty((0, dim), np.float16))
            flat = pa.FixedSizeListArray.from_arrays(pa.array(halves.values.ravel()), type=vector)
            lists = pa.ListArray.from_arrays(halves.offsets.astype(np.int32), flat)
            texts = [[getattr(caption, name) for caption in captions] for name in TEXTS]
            counts = halves.lengths.astype(np.int32)
            writer.write_table(pa.table([*texts, counts, lists], schema=schema))


def read_tokens(path: Path) -> TokenTable:
    """Open token vectors; every byte is compared with what was written, none is loaded.

    Raises:
        StoreError: Missing or damaged file, or one of another version.
    """
    table = VectorTable(path, _COLUMNS)
    check_stamp(table_metadata(table.columns).get(MADE_BY), path)
    return _token_table(table)


def read_foreign_tokens(path: Path) -> TokenTable:
    """The same of a file that ``teachtext import-features`` wrote, whichever version did.

    Raises:
        StoreError: Missing or damaged file.
    """
    return _token_table(VectorTable(path, _COLUMNS))


def _token_table(table: VectorTable) -> TokenTable:
    texts = zip(*(table.columns.column(name).to_pylist() for name in TEXTS), strict=True)
    lengths = table.columns.column("token_count").to_numpy().astype(np.int64)
    metadata = table_metadata(table.columns)
    return TokenTable(
        [Caption(*row) for row in texts],
        StoredRows(table, lengths, int(metadata["dim"])),
        metadata["encoder"],
        WeightsIdentity(metadata["checkpoint"], metadata["weights_sha256"]),
        int(metadata["max_tokens"]),
        table.sha256,
    )
