"""Index all feature stores and join their ledgers."""

import argparse
import logging
from pathlib import Path

import numpy as np
import pyarrow as pa

from teachtext.runtime.progress import Progress
from teachtext.stages._inputs import features_of
from teachtext.store.features import FeatureStore
from teachtext.store.tables import read_table, write_table

log = logging.getLogger(__name__)


def main(args: argparse.Namespace) -> None:
    """Run the stage."""
    stores = [store for stores in features_of(args).values() for store in stores]
    ledger = pa.concat_tables([read_table(path.with_suffix(".parquet")) for path in stores])
    progress = Progress(log, "index", len(stores), unit="store")
    index = pa.concat_tables([_index(path) for path in progress.over(stores)])
    write_table(args.index, index)
    write_table(args.ledger, ledger)
    log.info("%d rows of the ledger, %d stores", len(ledger), len(stores))


def _index(path: Path) -> pa.Table:
    store = FeatureStore(path)
    offsets = store.offsets
    return pa.table(
        {
            "video_id": pa.array(store.video_ids, pa.string()),
            "expert": pa.array([store.identity.expert] * len(store.video_ids), pa.string()),
            "store": pa.array([str(path)] * len(store.video_ids), pa.string()),
            "first_row": pa.array(offsets[:-1], pa.int64()),
            "rows": pa.array(np.diff(offsets), pa.int64()),
            "available": pa.array(store.available(), pa.bool_()),
        }
    )
