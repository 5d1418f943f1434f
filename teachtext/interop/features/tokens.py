"""Token vectors of captions from files of other programs, taken over into our store."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from teachtext.errors import DatasetError
from teachtext.interop.features.arrays import read_arrays
from teachtext.interop.features.columns import given_offsets, load_columns
from teachtext.interop.features.features import Outcome
from teachtext.interop.features.matching import Matcher
from teachtext.interop.features.pickles import LazyArray, read_lists
from teachtext.interop.features.sources import Source
from teachtext.runtime.progress import Progress
from teachtext.store.tokens import CAPTIONS_PER_BLOCK, write_tokens
from teachtext.store.weights import identify_weights
from teachtext.tables.dataset import Caption

log = logging.getLogger(__name__)

Vectors = LazyArray | NDArray[Any]
"""(N, D) of one caption, maybe still in a file."""
_COLUMNS = ("caption_id", "tokens", "offsets")
COLUMN_FILES = (".npz", ".h5", ".hdf5")


def import_tokens(source: Source, output: Path, matcher: Matcher, *, name: str) -> Outcome:
    """Write a text encoder's token vectors from another program's files.

    Args:
        source: Pickles (``read_vectors``), or one .npz or HDF5 (``read_token_columns``).
        output: Parquet to write.
        matcher: Captions of the dataset, and those that the vectors were made from, where known.
        name: Name of the text encoder.

    Raises:
        DatasetError: A file cannot be read or trusted, the widths differ, or there are vectors of
            none of the captions.
    """
    captions = matcher.captions
    if source.paths[0].suffix in COLUMN_FILES:
        columns = read_token_columns(source.paths[0])
        found = {c.caption_id: columns[c.caption_id] for c in captions if c.caption_id in columns}
        outcome = Outcome()
    else:
        placed, remarks = matcher.by_caption(read_vectors(source.paths))
        found = {caption: vectors for caption, vectors in placed.items() if vectors.shape[0]}
        outcome = Outcome(remarks=remarks)
    if not found:
        raise DatasetError(
            f"{source.name} has token vectors of none of the {len(captions)} captions. Check the "
            "ids."
        )
    spoken = [caption for caption in captions if caption.caption_id in found]
    for caption in captions:
        if caption.caption_id not in found:
            outcome.remarks.add("without token vectors", caption.caption_id)
    outcome.dim = next(iter(found.values())).shape[1]
    outcome.videos = len({caption.video_id for caption in spoken})
    progress = Progress(log, f"import {name}", len(spoken), unit="caption")
    write_tokens(
        output,
        progress.over(_blocks(spoken, found, outcome.dim), count=lambda block: len(block[0])),
        encoder=name,
        weights=identify_weights(source.name, source.paths),
        dim=outcome.dim,
        max_tokens=max(vectors.shape[0] for vectors in found.values()),
    )
    return outcome


def _blocks(
    captions: Sequence[Caption], found: Mapping[str, Vectors], dim: int
) -> Iterator[tuple[list[Caption], list[NDArray[np.float16]]]]:
    for begin in range(0, len(captions), CAPTIONS_PER_BLOCK):
        block = list(captions[begin : begin + CAPTIONS_PER_BLOCK])
        yield block, [_loaded(caption, found[caption.caption_id], dim) for caption in block]


def _loaded(caption: Caption, vectors: Vectors, dim: int) -> NDArray[np.float16]:
    values = vectors.load() if isinstance(vectors, LazyArray) else vectors
    what = f"Token vectors of caption {caption.caption_id!r}"
    if values.dtype.kind not in "fiu" or values.shape[1] != dim:
        raise DatasetError(
            f"{what} are {values.shape} {values.dtype}, others (N, {dim}). Give one encoder's."
        )
    with np.errstate(over="ignore"):  # what overflows is found as infinite
        halves: NDArray[np.float16] = values.astype(np.float16)
    if not np.isfinite(halves).all():
        raise DatasetError(f"{what} are not finite as float16. Scale them down.")
    return halves


def read_vectors(paths: Sequence[Path]) -> dict[str, list[Vectors]]:
    """Read token vectors of all captions of each video.

    Args:
        paths: Pickles of a mapping from video ID to a list of (N, D) arrays, or to one (N, D)
            array; those of several files are joined.

    Raises:
        DatasetError: A file cannot be read or trusted, or holds something else.
    """
    vectors: dict[str, list[Vectors]] = {}
    for path in paths:
        for video, items in read_lists(path).items():
            for item in items:
                if not isinstance(item, LazyArray) or len(item.shape) != 2:
                    raise DatasetError(
                        f"{path}: a caption of {video!r} has no (N, D) array of token vectors."
                    )
            vectors[video] = items
    return vectors


def read_token_columns(path: Path) -> dict[str, Vectors]:
    """Read token vectors by caption id.

    Args:
        path: .npz or HDF5 of ``caption_id`` (N,) text, ``tokens`` (rows, D) and ``offsets``
            (N + 1,) integers: those of caption i begin at ``offsets[i]``.

    Raises:
        DatasetError: The file cannot be read, or its arrays do not fit together.
    """
    loaders = read_arrays(path)
    if missing := [name for name in _COLUMNS if name not in loaders]:
        raise DatasetError(f"{path} has no array {missing[0]!r}. It needs: {', '.join(_COLUMNS)}.")
    arrays = load_columns(path, {name: loaders[name] for name in _COLUMNS})
    ids, tokens, given = (arrays[name] for name in _COLUMNS)
    if ids.ndim != 1 or tokens.ndim != 2:
        raise DatasetError(f"{path}: tokens must be (rows, D) numbers, and caption_id (N,) text.")
    offsets = given_offsets(path, given, len(ids), len(tokens))
    return {
        str(caption): tokens[begin:end]
        for caption, begin, end in zip(ids, offsets, offsets[1:], strict=False)
    }
