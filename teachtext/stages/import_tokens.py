"""Take over the token vectors of the captions that were made elsewhere."""

import argparse
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from teachtext.errors import DatasetError
from teachtext.runtime.progress import Progress
from teachtext.stages._inputs import captions_of_portion
from teachtext.store.tokens import CAPTIONS_PER_BLOCK, TokenTable, read_foreign_tokens, write_tokens
from teachtext.tables.dataset import Caption, by_video, read_captions

log = logging.getLogger(__name__)


def main(args: argparse.Namespace) -> None:
    """Run the stage."""
    table, queries = read_foreign_tokens(args.tokens), captions_of_portion(args)
    own = by_video(read_captions(args.captions))
    parts = [own[query.video_id] if args.paragraphs else [query] for query in queries]
    places = _places(args.tokens, table, parts)
    blocks = _blocks(table, queries, places, args.max_tokens)
    progress = Progress(log, "import", len(queries), unit="caption")
    write_tokens(
        args.output,
        progress.over(blocks, count=lambda block: len(block[0])),
        encoder=args.name,
        weights=table.weights,
        dim=table.tokens.dim,
        max_tokens=args.max_tokens,
        made_by="import_tokens",
    )
    log.info("imported the token vectors of %d captions", len(queries))


def _places(
    path: Path, table: TokenTable, parts: Sequence[Sequence[Caption]]
) -> list[NDArray[np.int64]]:
    """Where the captions of each query are in the table."""
    place = {caption: number for number, caption in enumerate(table.captions)}
    missing = [caption for captions in parts for caption in captions if caption not in place]
    if missing:
        raise DatasetError(
            f"{path} has no token vectors of {len(missing)} captions as they are in the table of "
            f"captions, first {missing[0].caption_id!r}. Set dataset.captions to the captions.csv "
            "that teachtext import-features wrote beside it, or import again."
        )
    return [np.array([place[c] for c in captions], dtype=np.int64) for captions in parts]


def _blocks(
    table: TokenTable,
    queries: list[Caption],
    places: list[NDArray[np.int64]],
    max_tokens: int,
) -> Iterator[tuple[list[Caption], list[NDArray[np.float16]]]]:
    """Queries with the vectors of their captions, one after another."""
    tokens = table.tokens.select(np.arange(len(table.captions)))
    for begin in range(0, len(queries), CAPTIONS_PER_BLOCK):
        block = slice(begin, begin + CAPTIONS_PER_BLOCK)
        vectors = [tokens.take(chosen).values[:max_tokens] for chosen in places[block]]
        yield queries[block], vectors
        tokens.release()
