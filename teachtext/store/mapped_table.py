"""Parquet tables with one column of vectors that is read in place. Arrow in, byte positions out.

Any tool reads the file. The vectors are stored plain: not compressed, no dictionary, one page per
row group, so that a row group's values are the last bytes of its column chunk.
"""

import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from teachtext.errors import StoreError
from teachtext.files.atomic import replacing
from teachtext.store.mapped import MappedFile
from teachtext.store.seals import KEY, UNSEALED, check_seal, seal

_PAGE_BYTES = (1 << 31) - 1


@contextmanager
def writing(
    path: Path, schema: pa.Schema, metadata: Mapping[str, str]
) -> Iterator[Callable[[pa.Table, NDArray[np.float16]], None]]:
    """Write a table block by block; it appears complete or not at all.

    Args:
        path: Parquet file to write.
        schema: Schema of the table; its last column holds the vectors.
        metadata: Metadata for the footer.

    Yields:
        A function that appends a block, given as a table and again as the values of the last
        column alone. A block becomes a row group of one page, so it has no more than 20,000 rows
        and 2 GB.
    """
    checksums: list[tuple[int, int]] = []
    with replacing(path) as temporary:
        with pq.ParquetWriter(
            temporary,
            schema,
            compression="none",
            use_dictionary=False,
            write_statistics=False,
            data_page_size=_PAGE_BYTES,
            write_page_checksum=True,
        ) as writer:

            def append(block: pa.Table, values: NDArray[np.float16]) -> None:
                if len(block):
                    writer.write_table(block, row_group_size=len(block))
                    checksums.append((values.nbytes, zlib.crc32(np.ascontiguousarray(values).data)))

            yield append
            writer.add_key_value_metadata({**metadata, KEY: UNSEALED})
        _check_layout(temporary, checksums)
        seal(temporary)


def _check_layout(path: Path, checksums: list[tuple[int, int]]) -> None:
    """Refuse what a pyarrow has written that lays its columns out in another way."""
    with path.open("rb") as stream:
        file, ends = MappedFile(stream), _ends(pq.read_metadata(stream))
    for end, (size, checksum) in zip(ends.tolist(), checksums, strict=True):
        if zlib.crc32(file.bytes[end - size : end].data) != checksum:
            raise StoreError(
                f"pyarrow {pa.__version__} writes Parquet in a way that cannot be read in place. "
                "Install the version of constraints.txt."
            )
        file.release()


class MappedTable:
    """A table opened for reading.

    Attributes:
        columns: All columns except the vectors.
        metadata: Metadata from the footer.
        file: Mapped file that ``starts`` points into.
        sha256: Digest of the file's bytes.
    """

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        """Compare every byte with what was written; read all columns but the last.

        Args:
            path: Parquet file to read.
            schema: Schema of all columns but the last.

        Raises:
            StoreError: missing, damaged, or written by something else.
        """
        try:
            with path.open("rb") as stream:
                self.sha256 = check_seal(stream)
                self.file = MappedFile(stream)
                table = pq.ParquetFile(stream)
                _require_columns(table.schema_arrow, schema)
                self.columns: pa.Table = table.read(schema.names, use_threads=False)
                footer = table.metadata
        except (OSError, pa.ArrowException, ValueError) as error:
            raise StoreError(
                f"Cannot read {path}: {' '.join(str(error).split())}. Delete it and run snakemake "
                "again."
            ) from None
        metadata = {key.decode(): value.decode() for key, value in footer.metadata.items()}
        self.metadata = {key: value for key, value in metadata.items() if key != KEY}
        self._ends = _ends(footer)
        groups = range(footer.num_row_groups)
        self._rows = np.array([footer.row_group(number).num_rows for number in groups], np.int64)

    def starts(self, row_bytes: NDArray[np.int64]) -> NDArray[np.int64]:
        """(rows,) first byte of each row's vectors.

        Args:
            row_bytes: (rows,) Size of each row's vectors in bytes.
        """
        before = np.concatenate([np.zeros(1, np.int64), np.cumsum(row_bytes)])
        last = np.cumsum(self._rows)
        # the vectors of a row group end where its column chunk ends
        starts: NDArray[np.int64] = np.repeat(self._ends - before[last], self._rows) + before[:-1]
        return starts


def _require_columns(found: pa.Schema, asked: pa.Schema) -> None:
    if found.names[:-1] != asked.names:
        raise ValueError("another version of teachtext wrote it")


def _ends(footer: pq.FileMetaData) -> NDArray[np.int64]:
    """The byte after the last column of each row group."""
    groups = [footer.row_group(number) for number in range(footer.num_row_groups)]
    chunks = [group.column(group.num_columns - 1) for group in groups]
    ends = [chunk.data_page_offset + chunk.total_compressed_size for chunk in chunks]
    return np.array(ends, dtype=np.int64)
