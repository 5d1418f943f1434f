"""Index all feature stores and join their ledgers."""

import argparse
import logging
from pathlib import Path

import pyarrow as pa

from teachtext.store.features import FeatureStore
from teachtext.store.tables import read_table, write_table

log = logging.getLogger(__name__)


def main(argv: list[str]) -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser(prog="teachtext index-experts", description=__doc__)
    parser.add_argument("--features", type=Path, nargs="+", required=True, help="all stores")
    parser.add_argument("--ledgers", type=Path, nargs="+", required=True, help="all ledgers")
    parser.add_argument("--index", type=Path, required=True, help="index to write (Parquet)")
    parser.add_argument("--ledger", type=Path, required=True, help="ledger to write (Parquet)")
    args = parser.parse_args(argv)

    ledger = pa.concat_tables([read_table(path) for path in args.ledgers])
    index = pa.concat_tables([_index(path) for path in args.features])
    write_table(args.index, index)
    write_table(args.ledger, ledger)
    log.info("%d rows of the ledger, %d stores", len(ledger), len(args.features))


def _index(path: Path) -> pa.Table:
    store = FeatureStore(path)
    rows = store.rows()
    return pa.table(
        {
            "video_id": pa.array(store.video_ids, pa.string()),
            "expert": pa.array([store.identity.expert] * len(store.video_ids), pa.string()),
            "store": pa.array([str(path)] * len(store.video_ids), pa.string()),
            "first_row": pa.array(rows.offsets[:-1], pa.int64()),
            "rows": pa.array(rows.lengths, pa.int64()),
            "available": pa.array(store.available(), pa.bool_()),
        }
    )
