"""Choose the captions of a denoised set that rank worst over all seeds, for a person to review."""

import argparse
import logging
from pathlib import Path

import pyarrow as pa

from teachtext.denoising.verdicts import VERDICT_COLUMNS, review_table
from teachtext.store.tables import read_table, require_columns, table_metadata, write_table

log = logging.getLogger(__name__)


def main(args: argparse.Namespace) -> None:
    """Run the stage."""
    verdicts = [_read(path) for path in args.verdicts]
    table = review_table(verdicts, worst=args.worst)
    write_table(args.output, table, {"captions": table_metadata(verdicts[0])["captions"]})
    log.info("chose %d captions of %d", table.num_rows, verdicts[0].num_rows)


def _read(path: Path) -> pa.Table:
    table = read_table(path)
    require_columns(table, VERDICT_COLUMNS, f"table of verdicts in {path.parent}")
    return table
