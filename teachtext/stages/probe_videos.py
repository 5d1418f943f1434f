"""Probe every video file of one shard once: duration, frame rate, streams, content hash."""

import argparse
import logging

from teachtext.stages._inputs import limits_of
from teachtext.store.journal import Journal
from teachtext.store.tables import write_table
from teachtext.tables.dataset import read_videos, shard_of
from teachtext.video.manifest import manifest_table
from teachtext.video.probing import probe_shard

log = logging.getLogger(__name__)


def main(args: argparse.Namespace) -> None:
    """Run the stage."""
    videos = read_videos(args.videos)
    sources = [video for video in videos if shard_of(video.video_id, args.shards) == args.shard]
    journal = Journal(args.journal)
    limits = limits_of(args)
    records = probe_shard(sources, args.shard, journal, workers=args.workers, limits=limits)
    write_table(args.output, manifest_table(records))
    failed = sum(record.status == "failed" for record in records)
    log.info("probed %d videos, %d failed", len(records), failed)
