"""Probe every video file of one shard once: duration, frame rate, streams, content hash."""

import argparse
import logging
from pathlib import Path

from teachtext.stages._inputs import limits_of
from teachtext.store.journal import Journal
from teachtext.store.tables import write_table
from teachtext.tables.shards import DEALT, deal_tables
from teachtext.video.manifest import manifest_table
from teachtext.video.probing import probe_shard

log = logging.getLogger(__name__)


def main(args: argparse.Namespace) -> None:
    """Run the stage."""
    dealt = deal_tables(args.videos, args.captions, dict(args.shards), Path(DEALT))
    journal = Journal(args.journal)
    limits = limits_of(args)
    sources = dealt.sources(args.shard)
    records = probe_shard(sources, journal, workers=args.workers, limits=limits)
    write_table(args.output, manifest_table(records))
    failed = sum(record.status == "failed" for record in records)
    log.info("probed %d videos, %d failed", len(records), failed)
