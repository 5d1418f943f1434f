"""Store an expert's features that were made elsewhere, of the videos of one shard."""

import argparse
import logging
from pathlib import Path

from teachtext.experts.ledger import ledger_table
from teachtext.interop.features.columns import NETWORK, check_known, read_imported_features
from teachtext.store.features import StoreIdentity, write_features
from teachtext.store.tables import write_table
from teachtext.tables.shards import DEALT, deal_tables, shard_names

log = logging.getLogger(__name__)


def main(args: argparse.Namespace) -> None:
    """Run the stage."""
    imported, shards = read_imported_features(args.features), dict(args.shards)
    dealt = deal_tables(args.videos, args.captions, shards, Path(DEALT))
    every = [video.video_id for shard in shard_names(shards) for video in dealt.sources(shard)]
    check_known(imported, every)
    identity = StoreIdentity(args.expert, NETWORK, imported.rows.dim, imported.weights, {})
    videos = [video.video_id for video in dealt.sources(args.shard)]
    entries = [imported.ledger_entry(video, args.expert) for video in videos]
    features = {video: imported.features_of(video) for video in videos}
    write_features(args.output, identity, features, made_by="import_expert")
    write_table(args.ledger, ledger_table(entries))
    absent = sum(entry.status == "absent" for entry in entries)
    unused = len(set(imported.video_ids) - set(every))
    log.info("%d videos, %d of them absent; %d more unused", len(videos), absent, unused)
