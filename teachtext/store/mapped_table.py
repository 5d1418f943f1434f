"""Parquet tables with one column of vectors that is read in place. Arrow in, byte positions out.

Any tool reads the file. The vectors are stored plain: not compressed, no dictionary, one page per
row group, so that a row group's values are the last bytes of its column chunk. Parquet has
checksums of pages alone, which nobody compares in place, and none of its footer, whose damage can
crash pyarrow: so the footer holds a checksum of the whole file.
"""

import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from teachtext.atomic import replacing
from teachtext.errors import StoreError
from teachtext.store.mapped import MappedFile

CHECKSUM = "crc32"
_UNSEALED = b"00000000"
_MARK = CHECKSUM.encode() + b"\x18\x08"
"""What precedes the checksum: its key, and Thrift's mark of a text of 8 bytes as field 2."""
_MAGIC = b"PAR1"
_PAGE_BYTES = (1 << 31) - 1
_PART_BYTES = 64 << 20
"""Read in place before the pages are let go, where a whole file is read."""


@contextmanager
def writing(
    path: Path, schema: pa.Schema, metadata: Mapping[str, str]
) -> Iterator[Callable[[pa.Table, NDArray[np.float16]], None]]:
    """Write a table block by block; it appears complete or not at all.

    Args:
        path: the Parquet file.
        schema: of the table; its last column holds the vectors.
        metadata: kept in the footer.

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
            writer.add_key_value_metadata({**metadata, CHECKSUM: _UNSEALED.decode()})
        _check_layout(temporary, checksums)
        _seal(temporary)


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


def _seal(path: Path) -> None:
    with path.open("rb") as stream:
        file = MappedFile(stream)
    place = _place_of_checksum(file)
    with path.open("r+b") as stream:
        stream.seek(place)
        stream.write(f"{_checksum(file, place):08x}".encode())


class MappedTable:
    """A table opened for reading.

    Attributes:
        columns: all but the vectors.
        metadata: as written.
        file: the bytes that ``starts`` points into.
    """

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        """Compare every byte with what was written; read all columns but the last.

        Args:
            path: the Parquet file.
            schema: of all columns but the last.

        Raises:
            StoreError: missing, damaged, or written by something else.
        """
        try:
            with path.open("rb") as stream:
                self.file = MappedFile(stream)
                _compare(self.file)
                table = pq.ParquetFile(stream)
                _require_columns(table.schema_arrow, schema)
                self.columns: pa.Table = table.read(schema.names)
                footer = table.metadata
        except (OSError, pa.ArrowException, ValueError) as error:
            raise StoreError(
                f"Cannot read {path}: {' '.join(str(error).split())}. Delete it and run snakemake "
                "again."
            ) from None
        self.metadata = {key.decode(): value.decode() for key, value in footer.metadata.items()}
        self._ends = _ends(footer)
        groups = range(footer.num_row_groups)
        self._rows = np.array([footer.row_group(number).num_rows for number in groups], np.int64)

    def starts(self, row_bytes: NDArray[np.int64]) -> NDArray[np.int64]:
        """(rows,) first byte of each row's vectors.

        Args:
            row_bytes: (rows,) how many bytes they are.
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


def _compare(file: MappedFile) -> None:
    place = _place_of_checksum(file)
    written = file.bytes[place : place + len(_UNSEALED)].tobytes()
    if written != f"{_checksum(file, place):08x}".encode():
        raise ValueError("its bytes are not those that were written")


def _place_of_checksum(file: MappedFile) -> int:
    """First byte of the checksum in the footer."""
    tail = file.bytes[-8:].tobytes()
    if tail[4:] != _MAGIC:
        raise ValueError("it is no Parquet file, or its end is missing")
    footer = max(0, len(file.bytes) - 8 - int.from_bytes(tail[:4], "little"))
    found = file.bytes[footer:].tobytes().find(_MARK)
    if found < 0:
        raise ValueError("another version of teachtext, or another program, wrote it")
    return footer + found + len(_MARK)


def _checksum(file: MappedFile, place: int) -> int:
    """CRC-32 of all bytes, with zeros for the checksum itself."""
    after = place + len(_UNSEALED)
    total = zlib.crc32(_UNSEALED, _checksum_of(file, 0, place, 0))
    return _checksum_of(file, after, len(file.bytes), total)


def _checksum_of(file: MappedFile, begin: int, end: int, total: int) -> int:
    for first, last in pairwise([*range(begin, end, _PART_BYTES), end]):
        total = zlib.crc32(file.bytes[first:last].data, total)
        file.release()
    return total
