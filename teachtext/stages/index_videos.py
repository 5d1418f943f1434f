"""Join the manifests of all shards; stop before decoding if too many files cannot be read."""

import argparse
import logging

import pyarrow as pa

from teachtext.experts.ledger import check_failed_fraction
from teachtext.runtime.progress import Progress
from teachtext.stages._inputs import shards_of
from teachtext.store.tables import read_table, write_table
from teachtext.video.manifest import manifest_records

log = logging.getLogger(__name__)


def main(args: argparse.Namespace) -> None:
    """Run the stage."""
    paths = [args.manifests / f"{shard}.parquet" for shard in shards_of(args)]
    progress = Progress(log, "join", len(paths), unit="manifest")
    manifest = pa.concat_tables([read_table(path) for path in progress.over(paths)])
    records = manifest_records(manifest)
    failed = {record.video_id: record.reason for record in records if record.status != "ok"}
    write_table(args.output, manifest)
    check_failed_fraction(failed, len(records), max_failed_fraction=args.max_failed_fraction)
    hours = sum(record.duration_seconds for record in records) / 3600
    log.info("%d videos, %.2f hours, %d failed", len(records), hours, len(failed))
