"""Small Parquet tables with metadata: manifest, ledger, ranks. Arrow in, Arrow out."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from teachtext.errors import StoreError
from teachtext.files.atomic import replacing
from teachtext.store.seals import KEY, UNSEALED, check_seal, refusing_damage, seal


def write_table(path: Path, table: pa.Table, metadata: Mapping[str, str] | None = None) -> None:
    """Write a table; it appears complete or not at all.

    Args:
        path: Parquet file to write.
        table: Rows of the table.
        metadata: Facts about the table, stored with it.
    """
    plain = table.replace_schema_metadata()
    with table_writer(path, plain.schema, metadata or {}, compression="zstd") as writer:
        writer.write_table(plain)


@contextmanager
def table_writer(
    path: Path,
    schema: pa.Schema,
    metadata: Mapping[str, str],
    **layout: Any,  # noqa: ANN401 - whatever pyarrow takes
) -> Iterator[pq.ParquetWriter]:
    """Write a table part by part; it appears complete or not at all.

    Args:
        path: Parquet file to write.
        schema: Schema of the table.
        metadata: Facts about the table, stored with it.
        layout: Options of ``pyarrow.parquet.ParquetWriter``.

    Yields:
        A writer of tables.
    """
    with replacing(path) as temporary:
        with pq.ParquetWriter(temporary, schema, **layout) as writer:
            yield writer
            # in the footer and not in the schema, which would hold it a second time
            writer.add_key_value_metadata({**metadata, KEY: UNSEALED})
        seal(temporary)


def read_table(path: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """Read a table that ``write_table`` wrote; every byte is compared with what was written.

    Args:
        path: Parquet file to read.
        columns: Columns that it must have, the only ones read; None for all that exist.

    Raises:
        StoreError: Missing, damaged, written by something else, or without one of the columns.
    """
    with refusing_damage(path), path.open("rb") as stream:
        check_seal(stream)
        # A ParquetFile leaves out columns that do not exist. Without threads: pyarrow's pool,
        # torn down while one of them starts, aborted one of 500 short jobs on a busy machine.
        wanted = None if columns is None else list(columns)
        table = pq.ParquetFile(stream).read(wanted, use_threads=False)
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
        table: Table that was read.
        names: Columns that it must have.
        what: Kind of table and its folder, for the error message.

    Raises:
        StoreError: A column is missing.
    """
    missing = [name for name in names if name not in table.column_names]
    if missing:
        raise StoreError(
            f"A {what} has no column {missing[0]!r}: another version of teachtext wrote it. "
            "Delete that folder and run snakemake again."
        )


def table_metadata(table: pa.Table) -> dict[str, str]:
    """Metadata given to ``write_table``."""
    metadata = {k.decode(): value.decode() for k, value in (table.schema.metadata or {}).items()}
    return {key: value for key, value in metadata.items() if key != KEY}
