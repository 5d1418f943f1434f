"""Probe every video file of one shard once: duration, frame rate, streams, content hash."""

import argparse
import logging
from pathlib import Path

from teachtext.dataset import read_videos, shard_of
from teachtext.stages._arguments import add_limits, limits_of
from teachtext.store.journal import Journal
from teachtext.store.tables import write_table
from teachtext.video.manifest import manifest_table
from teachtext.video.probing import probe_shard

log = logging.getLogger(__name__)


def main(argv: list[str]) -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser(prog="teachtext probe-videos", description=__doc__)
    parser.add_argument("--videos", type=Path, required=True, help="table of videos")
    parser.add_argument("--shard", type=int, required=True, help="number of the shard, from 0")
    parser.add_argument("--shards", type=int, required=True, help="number of shards")
    add_limits(parser)
    parser.add_argument("--journal", type=Path, required=True, help="of files probed before")
    parser.add_argument(
        "--output", type=Path, required=True, help="manifest of the shard (Parquet)"
    )
    args = parser.parse_args(argv)

    videos = read_videos(args.videos)
    sources = [video for video in videos if shard_of(video.video_id, args.shards) == args.shard]
    journal = Journal(args.journal)
    limits = limits_of(args)
    records = probe_shard(sources, args.shard, journal, workers=args.workers, limits=limits)
    write_table(args.output, manifest_table(records))
    failed = sum(record.status == "failed" for record in records)
    log.info("probed %d videos, %d failed", len(records), failed)
