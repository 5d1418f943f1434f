"""Store an expert's features that were made elsewhere, in the shards of the dataset."""

import argparse
import logging
from pathlib import Path

from teachtext.dataset import read_video_ids, shard_of
from teachtext.experts.ledger import ledger_table
from teachtext.importing.columns import NETWORK, check_known, read_imported
from teachtext.progress import Progress
from teachtext.store.features import StoreIdentity, write_features
from teachtext.store.places import place_of
from teachtext.store.tables import write_table

log = logging.getLogger(__name__)


def main(argv: list[str]) -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser(prog="teachtext import-expert", description=__doc__)
    parser.add_argument("--expert", required=True, help="name in config.yaml")
    parser.add_argument(
        "--features",
        type=place_of,
        required=True,
        help="made elsewhere: .zarr, also as a URL, .npz or HDF5",
    )
    parser.add_argument(
        "--videos", type=Path, required=True, help="table that names all videos, or their captions"
    )
    parser.add_argument("--shards", type=int, required=True, help="number of stores to write")
    parser.add_argument("--output", type=Path, required=True, help="folder of stores and ledgers")
    args = parser.parse_args(argv)

    imported, video_ids = read_imported(args.features), read_video_ids(args.videos)
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
