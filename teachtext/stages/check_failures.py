"""List everything that failed in the ledger; stop if too many videos did."""

import argparse
import logging

import pyarrow.compute as pc
import pyarrow.csv

from teachtext.experts.ledger import check_failures
from teachtext.files.atomic import replacing
from teachtext.store.tables import read_table

log = logging.getLogger(__name__)


def main(args: argparse.Namespace) -> None:
    """Run the stage."""
    ledger = read_table(args.ledger)
    counts = check_failures(ledger, max_failed_fraction=args.max_failed_fraction)
    failed = ledger.filter(pc.equal(ledger["status"], "failed")).drop_columns(["key", "rows"])
    with replacing(args.output) as temporary:
        pyarrow.csv.write_csv(failed, temporary)
    log.info("%s", counts)
