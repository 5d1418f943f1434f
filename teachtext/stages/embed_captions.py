"""Embed every caption with one frozen text encoder, as token vectors."""

import argparse
import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from teachtext.config.catalog import TEXT_ENCODERS
from teachtext.config.text import TextEncoderSettings
from teachtext.errors import StoreError
from teachtext.files.atomic import link_or_copy
from teachtext.files.given import package_versions
from teachtext.runtime.memory import keep_freed_memory
from teachtext.runtime.progress import Progress
from teachtext.stages._inputs import captions_of_portion
from teachtext.store.tokens import CAPTIONS_PER_BLOCK, TokenTable, read_tokens, write_tokens
from teachtext.tables.dataset import Caption
from teachtext.text.encoders.registry import TextEncoder, load_text_encoder

log = logging.getLogger(__name__)
WINDOW = 8192
"""Captions that are sorted by length together, unless that takes more memory than allowed."""
WINDOW_BYTES = 256 << 20
"""Most that the vectors of these captions can take in memory."""

_Vectors = NDArray[np.floating]


def main(args: argparse.Namespace) -> None:
    """Run the stage."""
    keep_freed_memory()
    torch.set_num_threads(args.threads)
    captions = captions_of_portion(args)
    encoder = load_text_encoder(**args.settings.model_dump(exclude_none=True))
    made_of = _made_of(args.settings, encoder)
    known = _known(args.kept, made_of, [caption.caption for caption in captions])
    new = sum(caption.caption not in known for caption in captions)
    log.info("embedding %d of %d captions with %s", new, len(captions), encoder.weights.name)
    write_tokens(
        args.output,
        _embed(encoder, captions, known, _window(args.settings.max_tokens * encoder.dim)),
        encoder=args.name,
        weights=encoder.weights,
        dim=encoder.dim,
        max_tokens=args.settings.max_tokens,
        made_of=made_of,
    )
    # Snakemake deletes the output before it runs the job again, but not its second name
    link_or_copy(args.output, args.kept)
    log.info("embedded %d captions", len(captions))


def _made_of(settings: TextEncoderSettings, encoder: TextEncoder) -> str:
    """All that decides about the vector of a caption."""
    versions = package_versions(TEXT_ENCODERS[settings.encoder].packages)
    # where a checkpoint lies decides nothing
    entry = settings.model_dump(exclude={"checkpoint"})
    return json.dumps([entry, encoder.weights.name, encoder.weights.sha256, versions])


class _Kept(Mapping[str, _Vectors]):
    """Vectors of a table by the text of the caption."""

    def __init__(self, table: TokenTable, places: Mapping[str, int]) -> None:
        order = list(places.values())
        self._rows = table.tokens.select(np.array(order, dtype=np.int64))
        self._places = {text: number for number, text in enumerate(places)}

    def __getitem__(self, caption: str) -> _Vectors:
        return self._rows.take(np.array([self._places[caption]])).values

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


def _known(kept: Path, made_of: str, wanted: Sequence[str]) -> Mapping[str, _Vectors]:
    """Vectors of captions that were embedded before, by what embeds them now."""
    if not kept.exists():
        return {}
    try:
        table = read_tokens(kept)
    except StoreError as error:
        log.warning("all captions are embedded again: %s", error)
        return {}
    if table.made_of != made_of:
        return {}
    texts = set(wanted)
    found = {one.caption: place for place, one in enumerate(table.captions) if one.caption in texts}
    return _Kept(table, found)


def _window(longest: int) -> int:
    """Captions to encode at once, a whole number of blocks, when each has ``longest`` values."""
    fitting = WINDOW_BYTES // (longest * np.dtype(np.float32).itemsize)
    return max(min(WINDOW, fitting) // CAPTIONS_PER_BLOCK, 1) * CAPTIONS_PER_BLOCK


def _embed(
    encoder: TextEncoder,
    captions: Sequence[Caption],
    known: Mapping[str, _Vectors],
    window: int,
) -> Iterator[tuple[Sequence[Caption], list[_Vectors]]]:
    windows = [captions[begin : begin + window] for begin in range(0, len(captions), window)]
    progress = Progress(log, "embed", len(captions), unit="caption")
    for together in progress.over(windows, count=len):
        different = dict.fromkeys(one.caption for one in together)
        new = [text for text in different if text not in known]
        vectors = dict(zip(new, encoder.encode(new), strict=True)) if new else {}
        for start in range(0, len(together), CAPTIONS_PER_BLOCK):
            block = together[start : start + CAPTIONS_PER_BLOCK]
            texts = [one.caption for one in block]
            yield block, [vectors[text] if text in vectors else known[text] for text in texts]
