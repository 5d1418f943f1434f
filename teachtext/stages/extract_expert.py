"""Run one expert over the decoded videos of one shard and store its features."""

import argparse
import logging

from teachtext.experts.extraction import ExpertShard, extract_shard
from teachtext.experts.finished_shard import FinishedShard
from teachtext.experts.ledger import ledger_table
from teachtext.experts.loading import load_requested
from teachtext.files.locking import locked
from teachtext.store.features import write_features
from teachtext.store.tables import read_table, write_table
from teachtext.store.workdir import WorkDirectory
from teachtext.video.manifest import manifest_records

log = logging.getLogger(__name__)


def main(args: argparse.Namespace) -> None:
    """Run the stage."""
    with locked(args.work / "lock"):
        work, finished = WorkDirectory(args.work / "items"), FinishedShard(args.work)
        records = manifest_records(read_table(args.manifest))
        shard = ExpertShard(args.request, records, args.media, finished, work)
        found = extract_shard(shard, lambda: load_requested(args.request, threads=args.threads))
        write_features(args.output, found.identity, found.features)
        write_table(args.ledger, ledger_table(found.ledger))
        finished.keep(args.output, args.ledger)
        work.remove()
    rows = sum(entry.rows for entry in found.ledger)
    log.info("%d rows of %s from %d videos", rows, args.request.name, len(found.ledger))
