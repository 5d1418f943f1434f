"""Decode the videos of one shard once: frames at all moments any expert asks for, and sound."""

import argparse
import logging
from collections import Counter
from pathlib import Path

from teachtext.store.media import write_audio, write_frames
from teachtext.store.tables import read_table
from teachtext.store.workdir import WorkDirectory
from teachtext.video.isolation import Limits
from teachtext.video.manifest import manifest_records
from teachtext.video.shards import decode_shard

log = logging.getLogger(__name__)


def main(argv: list[str]) -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser(prog="teachtext decode-videos", description=__doc__)
    parser.add_argument("--manifest", type=Path, required=True, help="of probe-videos")
    parser.add_argument("--shard", type=int, required=True, help="number of the shard, from 0")
    parser.add_argument("--fps", type=float, nargs="*", required=True, help="rates of the experts")
    parser.add_argument("--short-side", type=int, required=True, help="of the frames, pixels")
    parser.add_argument("--workers", type=int, required=True, help="processes at once")
    parser.add_argument("--timeout-seconds", type=float, required=True, help="per video")
    parser.add_argument("--memory-gb", type=float, required=True, help="per process")
    parser.add_argument("--work", type=Path, required=True, help="folder of finished videos")
    parser.add_argument("--frames", type=Path, required=True, help="frames to write (Zarr)")
    parser.add_argument("--audio", type=Path, required=True, help="sound to write (Zarr)")
    args = parser.parse_args(argv)

    manifest = manifest_records(read_table(args.manifest))
    records = [record for record in manifest if record.shard == args.shard]
    work = WorkDirectory(args.work, {"fps": args.fps, "short_side": args.short_side})
    log.info("decoding %d videos of shard %d", len(records), args.shard)
    items = decode_shard(
        records,
        work,
        rates=args.fps,
        short_side=args.short_side,
        workers=args.workers,
        limits=Limits(args.timeout_seconds, int(args.memory_gb * 2**30)),
    )
    write_frames(args.frames, items)
    write_audio(args.audio, items)
    work.remove()
    decoders = Counter(item.decoder for item in items if item.path is not None)
    for decoder, count in decoders.most_common():
        log.info("%d of %d videos decoded by %s", count, len(items), decoder)
