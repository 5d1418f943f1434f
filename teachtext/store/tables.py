"""Small Parquet tables with metadata: manifest, ledger, ranks. Arrow in, Arrow out."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from teachtext.atomic import replacing
from teachtext.errors import StoreError


def write_table(path: Path, table: pa.Table, metadata: Mapping[str, str] | None = None) -> None:
    """Write a table; it appears complete or not at all.

    Args:
        path: the Parquet file.
        table: its rows.
        metadata: kept in the schema's metadata.
    """
    with replacing(path) as temporary:
        pq.write_table(
            table.replace_schema_metadata(dict(metadata or {})),
            temporary,
            compression="zstd",
            write_page_checksum=True,
        )


def read_table(path: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """Read a table.

    Args:
        path: the Parquet file.
        columns: that it must have, the only ones read; None: all that there are.

    Raises:
        StoreError: missing, damaged, no Parquet file, or without one of the columns.
    """
    try:
        # A ParquetFile leaves out columns that do not exist, and takes no folder for a partition.
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            table = file.read(None if columns is None else list(columns))
    except (OSError, pa.ArrowException) as error:
        raise StoreError(
            f"Cannot read {path}: {' '.join(str(error).split())}. "
            "Delete it and run snakemake again."
        ) from None
    if columns is None:
        return table
    missing = [column for column in columns if column not in table.column_names]
    if missing:
        raise StoreError(
            f"{path} has no column {missing[0]!r}: another version of teachtext wrote it. "
            "Delete it and run snakemake again."
        )
    return table.select(list(columns))


def require_columns(table: pa.Table, names: Iterable[str], what: str) -> None:
    """Refuse a table of another version.

    Args:
        table: as read.
        names: columns that it must have.
        what: it is, and in which folder.

    Raises:
        StoreError: one is missing.
    """
    missing = [name for name in names if name not in table.column_names]
    if missing:
        raise StoreError(
            f"A {what} has no column {missing[0]!r}: another version of teachtext wrote it. "
            "Delete that folder and run snakemake again."
        )


def table_metadata(table: pa.Table) -> dict[str, str]:
    """Metadata given to ``write_table``."""
    return {key.decode(): value.decode() for key, value in (table.schema.metadata or {}).items()}
