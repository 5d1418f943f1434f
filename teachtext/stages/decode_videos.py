"""Decode the videos of one shard once: what its experts still need, frames and sound."""

import argparse
import logging
from collections import Counter
from pathlib import Path

import pyarrow.compute as pc

from teachtext.config.experts import ExpertRequest
from teachtext.experts.extraction import unfinished
from teachtext.experts.finished_shard import FinishedShard
from teachtext.experts.ledger import check_failed_fraction
from teachtext.files.locking import locked
from teachtext.stages._inputs import limits_of, shards_of
from teachtext.store.tables import read_table
from teachtext.video.cache_keys import media_key
from teachtext.video.ffmpeg import ffmpeg_version
from teachtext.video.manifest import VideoRecord, manifest_records
from teachtext.video.media_folder import MediaFolder
from teachtext.video.shards import decode_shard

log = logging.getLogger(__name__)


def main(args: argparse.Namespace) -> None:
    """Run the stage."""
    _refuse_unreadable(args)
    records = manifest_records(read_table(args.manifest))
    with locked(args.work.with_suffix(".lock")):
        wanted = _wanted(records, args.requests, args.finished, args.shard)
        if _is_done(args.output, records, wanted):
            log.info("another process has decoded the shard")
            return
        args.work.mkdir(parents=True, exist_ok=True)
        work = MediaFolder(args.work)
        keys = decode_shard(
            [record for record in records if record.status == "ok"],
            wanted,
            work,
            workers=args.workers,
            limits=limits_of(args),
        )
        decoders = Counter(work.item(key).decoder or "failed" for key in keys)
        work.finish(keys, args.output, ffmpeg=ffmpeg_version())
    for decoder, count in decoders.most_common():
        log.info("%d of %d videos: %s", count, len(keys), decoder)


def _refuse_unreadable(args: argparse.Namespace) -> None:
    """Decode no more once too many files are known that cannot be read.

    Whether all are probed is not asked: a job that waits for all shards runs again with each of
    them, and so would everything that waits for it.
    """
    failed: dict[str, str] = {}
    manifests = (args.manifest.with_stem(shard) for shard in shards_of(args))
    for path in filter(Path.exists, manifests):
        table = read_table(path, ["video_id", "status", "reason"])
        rows = table.filter(pc.equal(table["status"], "failed"))
        failed |= zip(rows["video_id"].to_pylist(), rows["reason"].to_pylist(), strict=True)
    check_failed_fraction(failed, args.videos, max_failed_fraction=args.max_failed_fraction)


def _is_done(
    output: Path, records: list[VideoRecord], wanted: dict[str, list[ExpertRequest]]
) -> bool:
    """Whether a copy of this job, which a scheduler lost track of, has just ended."""
    if not output.exists():
        return False
    expected = {
        media_key(wanted[record.video_id], record, ffmpeg=ffmpeg_version())
        for record in records
        if record.status == "ok" and wanted[record.video_id]
    }
    return {item.key for item in MediaFolder(output).items().values()} == expected


def _wanted(
    records: list[VideoRecord], requests: list[ExpertRequest], finished: Path, shard: str
) -> dict[str, list[ExpertRequest]]:
    """Video id -> experts that have not seen it as it is now."""
    wanted: dict[str, list[ExpertRequest]] = {record.video_id: [] for record in records}
    for request in requests:
        known = FinishedShard(finished / request.name / shard)
        for video_id in unfinished(records, request, known):
            wanted[video_id].append(request)
    return wanted
