"""Embed every caption with one frozen text encoder, as token vectors."""

import argparse
import logging
from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray

from teachtext.runtime.memory import keep_freed_memory
from teachtext.runtime.progress import Progress
from teachtext.stages._inputs import captions_of
from teachtext.store.tokens import CAPTIONS_PER_BLOCK, write_tokens
from teachtext.tables.dataset import Caption
from teachtext.text.encoders.registry import TextEncoder, load_text_encoder

log = logging.getLogger(__name__)
WINDOW = 8192
"""Captions that are sorted by length together, unless that takes more memory than allowed."""
WINDOW_BYTES = 256 << 20
"""Most that the vectors of these captions can take in memory."""


def main(args: argparse.Namespace) -> None:
    """Run the stage."""
    keep_freed_memory()
    torch.set_num_threads(args.threads)
    captions = captions_of(args)
    encoder = load_text_encoder(**args.settings.model_dump(exclude_none=True))
    log.info("embedding %d captions with %s", len(captions), encoder.weights.name)
    write_tokens(
        args.output,
        _embed(encoder, captions, _window(args.settings.max_tokens * encoder.dim)),
        encoder=args.name,
        weights=encoder.weights,
        dim=encoder.dim,
        max_tokens=args.settings.max_tokens,
    )
    log.info("embedded %d captions", len(captions))


def _window(longest: int) -> int:
    """Captions to encode at once, a whole number of blocks, when each has ``longest`` values."""
    fitting = WINDOW_BYTES // (longest * np.dtype(np.float32).itemsize)
    return max(min(WINDOW, fitting) // CAPTIONS_PER_BLOCK, 1) * CAPTIONS_PER_BLOCK


def _embed(
    encoder: TextEncoder, captions: list[Caption], window: int
) -> Iterator[tuple[list[Caption], list[NDArray[np.float32]]]]:
    windows = [captions[begin : begin + window] for begin in range(0, len(captions), window)]
    progress = Progress(log, "embed", len(captions), unit="caption")
    for together in progress.over(windows, count=len):
        vectors = encoder.encode([caption.caption for caption in together])
        for start in range(0, len(together), CAPTIONS_PER_BLOCK):
            yield (
                together[start : start + CAPTIONS_PER_BLOCK],
                vectors[start : start + CAPTIONS_PER_BLOCK],
            )
