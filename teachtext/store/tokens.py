"""Token vectors of captions, as Parquet: one row per caption, never padded."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from teachtext.errors import StoreError
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
        made_of: What decided about the vectors beside the captions.
        sha256: Digest of the bytes of each file.
    """

    captions: list[Caption]
    tokens: StoredRows
    encoder: str
    weights: WeightsIdentity
    max_tokens: int
    made_of: str
    sha256: tuple[str, ...]


def write_tokens(
    path: Path,
    blocks: Iterable[tuple[Sequence[Caption], Sequence[NDArray[np.floating]]]],
    *,
    encoder: str,
    weights: WeightsIdentity,
    dim: int,
    max_tokens: int,
    made_by: str = "embed_captions",
    made_of: str = "",
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
        made_of: What decided about the vectors beside the captions.
    """
    metadata = {
        MADE_BY: stamp(made_by),
        "encoder": encoder,
        "checkpoint": weights.name,
        "weights_sha256": weights.sha256,
        "max_tokens": str(max_tokens),
        "dim": str(dim),
        "made_of": made_of,
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


def read_tokens(*paths: Path) -> TokenTable:
    """Open token vectors; every byte is compared with what was written, none is loaded.

    Args:
        paths: Files of one text encoder, whose captions follow each other.

    Raises:
        StoreError: Missing or damaged file, one of another version, or of another encoder.
    """
    tables = [VectorTable(path, _COLUMNS) for path in paths]
    for path, table in zip(paths, tables, strict=True):
        check_stamp(table_metadata(table.columns).get(MADE_BY), path)
        if _made_with(table) != _made_with(tables[0]):
            raise StoreError(
                f"{path} and {paths[0]} were made by different text encoders. Delete both and run "
                "snakemake again."
            )
    return _token_table(*tables)


def _made_with(table: VectorTable) -> list[str | None]:
    names = ("encoder", "checkpoint", "weights_sha256", "max_tokens", "dim", "made_of")
    return [table_metadata(table.columns).get(name) for name in names]


def read_foreign_tokens(path: Path) -> TokenTable:
    """The same of a file that ``teachtext import-features`` wrote, whichever version did.

    Raises:
        StoreError: Missing or damaged file.
    """
    return _token_table(VectorTable(path, _COLUMNS))


def _token_table(*tables: VectorTable) -> TokenTable:
    metadata = table_metadata(tables[0].columns)
    columns = pa.concat_tables([table.columns.replace_schema_metadata() for table in tables])
    texts = zip(*(columns.column(name).to_pylist() for name in TEXTS), strict=True)
    lengths = columns.column("token_count").to_numpy().astype(np.int64)
    return TokenTable(
        [Caption(*row) for row in texts],
        StoredRows(tables, lengths, int(metadata["dim"])),
        metadata["encoder"],
        WeightsIdentity(metadata["checkpoint"], metadata["weights_sha256"]),
        int(metadata["max_tokens"]),
        metadata.get("made_of", ""),
        tuple(table.sha256 for table in tables),
    )
