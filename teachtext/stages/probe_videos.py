"""Check the two tables and probe every video file once: duration, frame rate, sound, hash."""

import argparse
import logging
from functools import partial
from pathlib import Path

from tqdm import tqdm

from teachtext.config import shard_of
from teachtext.dataset import VideoSource, check_dataset, read_captions, read_videos
from teachtext.errors import MediaError
from teachtext.store.tables import write_table
from teachtext.video.isolation import Limits, map_isolated
from teachtext.video.manifest import VideoRecord, failed_record, manifest_table, probe_video

log = logging.getLogger(__name__)


def main(argv: list[str]) -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser(prog="teachtext probe-videos", description=__doc__)
    parser.add_argument("--videos", type=Path, required=True, help="table of videos")
    parser.add_argument("--captions", type=Path, required=True, help="table of captions")
    parser.add_argument("--shards", type=int, required=True, help="number of shards")
    parser.add_argument("--workers", type=int, required=True, help="processes at once")
    parser.add_argument("--timeout-seconds", type=float, required=True, help="per video")
    parser.add_argument("--memory-gb", type=float, required=True, help="per process")
    parser.add_argument("--output", type=Path, required=True, help="manifest (Parquet)")
    args = parser.parse_args(argv)

    videos = read_videos(args.videos)
    captions = read_captions(args.captions)
    check_dataset(videos, captions)
    log.info("probing %d videos with %d captions", len(videos), len(captions))
    limits = Limits(args.timeout_seconds, int(args.memory_gb * 2**30))
    probe = partial(_probe, shards=args.shards)
    found = map_isolated(probe, videos, workers=args.workers, limits=limits)
    records: dict[str, VideoRecord] = {}
    for video, outcome in tqdm(found, total=len(videos), desc="probe", unit="video", mininterval=1):
        if isinstance(outcome, MediaError):
            log.warning("%r failed: %s", video.video_id, outcome)
            outcome = failed_record(video, shard_of(video.video_id, args.shards), str(outcome))
        records[video.video_id] = outcome
    ordered = [records[video.video_id] for video in videos]
    write_table(args.output, manifest_table(ordered))
    failed = sum(record.status == "failed" for record in ordered)
    log.info("probed %d videos, %d failed", len(ordered), failed)


def _probe(video: VideoSource, shards: int) -> VideoRecord:
    return probe_video(video, shard_of(video.video_id, shards))
