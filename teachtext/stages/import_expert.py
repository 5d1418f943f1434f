"""Store an expert's features that were made elsewhere, in the shards of the dataset."""

import argparse
import logging

from teachtext.experts.ledger import ledger_table
from teachtext.interop.features.columns import NETWORK, check_known, read_imported_features
from teachtext.runtime.progress import Progress
from teachtext.store.features import StoreIdentity, write_features
from teachtext.store.tables import write_table
from teachtext.tables.dataset import read_video_ids, shard_of

log = logging.getLogger(__name__)


def main(args: argparse.Namespace) -> None:
    """Run the stage."""
    imported, video_ids = read_imported_features(args.features), read_video_ids(args.videos)
    check_known(imported, video_ids)
    identity = StoreIdentity(args.expert, NETWORK, imported.rows.dim, imported.weights, {})
    videos_of_shard: list[list[str]] = [[] for _ in range(args.shards)]
    for video in video_ids:
        videos_of_shard[shard_of(video, args.shards)].append(video)
    absent = 0
    with Progress(log, f"import {args.expert}", len(video_ids), unit="video") as progress:
        for shard, videos in enumerate(videos_of_shard):
            entries = [imported.ledger_entry(video, args.expert) for video in videos]
            features = {video: imported.features_of(video) for video in videos}
            store = args.output / f"{shard}.zarr"
            write_features(store, identity, features, made_by="import_expert")
            write_table(args.output / f"{shard}.parquet", ledger_table(entries))
            absent += sum(entry.status == "absent" for entry in entries)
            progress.advance(done=len(videos))
    unused = len(set(imported.video_ids) - set(video_ids))
    log.info("%d videos, %d of them absent; %d more unused", len(video_ids), absent, unused)
