"""List everything that failed in the ledger; stop if too many videos did."""

import argparse
import logging
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.csv

from teachtext.atomic import replacing
from teachtext.experts.ledger import check_failures
from teachtext.store.tables import read_table

log = logging.getLogger(__name__)


def main(argv: list[str]) -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser(prog="teachtext check-failures", description=__doc__)
    parser.add_argument("--ledger", type=Path, required=True, help="of index-experts (Parquet)")
    parser.add_argument("--max-failed-fraction", type=float, required=True, help="of the videos")
    parser.add_argument("--output", type=Path, required=True, help="list to write (CSV)")
    args = parser.parse_args(argv)

    ledger = read_table(args.ledger)
    counts = check_failures(ledger, max_failed_fraction=args.max_failed_fraction)
    failed = ledger.filter(pc.equal(ledger["status"], "failed")).drop_columns(["key", "rows"])
    with replacing(args.output) as temporary:
        pyarrow.csv.write_csv(failed, temporary)
    log.info("%s", counts)
