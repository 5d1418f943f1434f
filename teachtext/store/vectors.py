"""Parquet tables whose last column holds float16 vectors: written in blocks, read in any order.

Any tool reads the file. A job that needs vectors at random unpacks those that it needs, once, into
a file that ends with the process; memory stays at a few row groups.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from teachtext.store.mapped import MappedRows, ScratchRows
from teachtext.store.ragged import Ragged, offsets_of
from teachtext.store.seals import check_seal, refusing_damage
from teachtext.store.tables import table_writer

_THREADS = 4
"""One takes 3 ns a value, twice as long as the check of the file."""


def vector_writer(
    path: Path, schema: pa.Schema, metadata: Mapping[str, str]
) -> AbstractContextManager[pq.ParquetWriter]:
    """Write a table block by block; it appears complete or not at all.

    Args:
        path: Parquet file to write.
        schema: Schema of the table; its last column holds the vectors.
        metadata: Facts about the table, stored with it.

    Returns:
        A context whose value writes tables, each as a row group.
    """
    # Compression saves a twelfth of float16 similarities and doubles the time to read them. The
    # sizes of pages make no difference; models name the digests of files that have these.
    return table_writer(
        path,
        schema,
        metadata,
        compression="none",
        use_dictionary=False,
        write_statistics=False,
        data_page_size=(1 << 31) - 1,
        write_page_checksum=True,
    )


class VectorTable:
    """A table opened for reading; what takes the place of its file changes nothing.

    Attributes:
        columns: All columns except the vectors, with the metadata.
        sha256: Digest of the file's bytes.
        groups: Number of rows of each row group.
    """

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        """Compare every byte with what was written; read all columns but the last.

        Args:
            path: Parquet file to read.
            schema: Schema of all columns but the last.

        Raises:
            StoreError: Missing, damaged, or written by something else.
        """
        with refusing_damage(path):
            self._source = pa.OSFile(str(path))
            self.sha256 = check_seal(self._source)
            table = pq.ParquetFile(self._source)
            *names, self._vectors = table.schema_arrow.names
            if names != schema.names:
                raise ValueError("another version of teachtext wrote it")
            self.columns: pa.Table = table.read(names, use_threads=False)
            self._footer = table.metadata
        groups = range(self._footer.num_row_groups)
        self.groups = [self._footer.row_group(group).num_rows for group in groups]

    def values(self, size: int, groups: Sequence[int] | None = None) -> Iterator[NDArray[Any]]:
        """The numbers of all vectors of ``size`` rows after another, as one flat array each.

        Args:
            size: Number of rows at a time.
            groups: Row groups to read; None for all.
        """
        # a reader of its own, because pyarrow does not promise that threads may share one
        reader = pq.ParquetFile(self._source, metadata=self._footer)
        for batch in reader.iter_batches(
            size, row_groups=groups, columns=[self._vectors], use_threads=False
        ):
            yield batch.column(0).flatten(recursive=True).to_numpy()


@dataclass(frozen=True)
class StoredRows:
    """The vectors of tables as sequences of rows, one sequence per row of a table.

    Attributes:
        tables: Opened tables, whose rows follow each other.
        lengths: (sequences,) Number of rows of each sequence.
        dim: Width of a row.
    """

    tables: Sequence[VectorTable]
    lengths: NDArray[np.int64]
    dim: int

    def select(self, indices: NDArray[np.int64]) -> MappedRows:
        """Unpack the sequences of those indices, in that order."""
        scratch = ScratchRows(len(self.lengths), dim=self.dim, dtype=np.float16)
        wanted, lock = np.isin(np.arange(len(self.lengths)), indices), Lock()
        groups = [(table, group) for table in self.tables for group in range(len(table.groups))]
        first = offsets_of(rows for table in self.tables for rows in table.groups)

        def unpack(number: int) -> None:
            places = np.arange(first[number], first[number + 1])
            chosen = np.flatnonzero(wanted[places])
            if len(chosen):
                table, group = groups[number]
                (values,) = table.values(len(places), [group])
                rows = Ragged(values.reshape(-1, self.dim), offsets_of(self.lengths[places]))
                with lock:
                    scratch.add(places[chosen], rows.take(chosen))

        with ThreadPoolExecutor(_THREADS) as pool:
            list(pool.map(unpack, range(len(groups))))  # the list raises what a thread raised
        return scratch.mapped().select(indices)
