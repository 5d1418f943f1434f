"""What several stages open by their arguments."""

import argparse
from pathlib import Path

import pyarrow as pa

from teachtext.experts.ledger import LEDGER_SCHEMA, check_failures
from teachtext.store.tables import read_table
from teachtext.tables.dataset import Caption, read_captions, read_paragraphs
from teachtext.tables.shards import Portion, portion_of, shard_names
from teachtext.video.isolation import Limits


def limits_of(args: argparse.Namespace) -> Limits:
    """What one process may use."""
    return Limits(args.timeout_seconds, int(args.memory_gb * 2**30))


def features_of(args: argparse.Namespace, *portions: Portion) -> dict[str, list[Path]]:
    """Expert -> its stores of some portions; of all that are given if none is named."""
    return {
        expert: [folder / f"{shard}.zarr" for shard in shards_of(args, *portions)]
        for expert, folder in args.features
    }


def shards_of(args: argparse.Namespace, *portions: Portion) -> tuple[str, ...]:
    """Names of the shards of some portions; of all that are given if none is named."""
    given = dict(args.shards)
    return shard_names({k: given[k] for k in portions or given if k in given})


def refuse_failures(args: argparse.Namespace) -> None:
    """Refuse features of which too many failed.

    Raises:
        MediaError: More videos failed than allowed.
    """
    check_failures(ledger_of(args), max_failed_fraction=args.max_failed_fraction)


def ledger_of(args: argparse.Namespace) -> pa.Table:
    """What became of the videos with the experts whose features are given.

    Raises:
        StoreError: A ledger, which lies beside its store, is missing or damaged.
    """
    stores = [store for paths in features_of(args).values() for store in paths]
    ledgers = [read_table(store.with_suffix(".parquet"), LEDGER_SCHEMA.names) for store in stores]
    return pa.concat_tables(ledgers)


def captions_of_portion(args: argparse.Namespace) -> list[Caption]:
    """Those of a portion, ``trainval`` or ``test``."""
    return [caption for caption in captions_of(args) if portion_of(caption.split) == args.portion]


def captions_of(args: argparse.Namespace) -> list[Caption]:
    """The captions, or the paragraphs that they make."""
    return read_paragraphs(args.captions) if args.paragraphs else read_captions(args.captions)
