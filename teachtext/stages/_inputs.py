"""What several stages open by their arguments."""

import argparse
from pathlib import Path

import pyarrow as pa

from teachtext.experts.ledger import check_failures
from teachtext.store.tables import read_table
from teachtext.tables.dataset import Caption, read_captions, read_paragraphs
from teachtext.video.isolation import Limits


def limits_of(args: argparse.Namespace) -> Limits:
    """What one process may use."""
    return Limits(args.timeout_seconds, int(args.memory_gb * 2**30))


def features_of(args: argparse.Namespace) -> dict[str, list[Path]]:
    """Expert -> its stores."""
    return {
        expert: [folder / f"{shard}.zarr" for shard in range(args.shards)]
        for expert, folder in args.features
    }


def refuse_failures(args: argparse.Namespace) -> None:
    """Refuse features of which too many failed; the ledgers lie beside them.

    Raises:
        MediaError: More videos failed than allowed.
    """
    stores = [store for paths in features_of(args).values() for store in paths]
    columns = ["video_id", "status", "reason"]
    ledgers = [read_table(store.with_suffix(".parquet"), columns) for store in stores]
    check_failures(pa.concat_tables(ledgers), max_failed_fraction=args.max_failed_fraction)


def captions_of(args: argparse.Namespace) -> list[Caption]:
    """The captions, or the paragraphs that they make."""
    return read_paragraphs(args.captions) if args.paragraphs else read_captions(args.captions)
