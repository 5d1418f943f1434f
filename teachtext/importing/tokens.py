"""Token vectors of captions from files of other programs, taken over into our store."""

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from teachtext.dataset import Caption, by_video
from teachtext.errors import DatasetError
from teachtext.importing.arrays import read_arrays
from teachtext.importing.features import Outcome
from teachtext.importing.ids import match_ids
from teachtext.importing.pickles import LazyArray, read_pickle
from teachtext.progress import Progress
from teachtext.store.tokens import write_tokens
from teachtext.weights import identify_weights

log = logging.getLogger(__name__)

Vectors = LazyArray | NDArray[Any]
"""(N, D) of one caption, maybe still in a file."""
BLOCK = 256
"""Captions of a row group."""
COLUMNS = ("caption_id", "tokens", "offsets")
COLUMN_FILES = (".npz", ".h5", ".hdf5")


def import_tokens(
    paths: Sequence[Path],
    output: Path,
    *,
    encoder: str,
    name: str,
    captions: Sequence[Caption],
    words: Mapping[str, Sequence[str]],
    translated: Mapping[str, str],
) -> Outcome:
    """Write a text encoder's token vectors from files of another program.

    Args:
        paths: pickles (``read_vectors``), or one .npz or HDF5 (``read_columns``).
        output: Parquet to write.
        encoder: its name.
        name: of what the vectors come from, for provenance.
        captions: of the dataset.
        words: what the vectors of each video were made of, if it is known (``read_words``).
        translated: other ids of the same videos, and the videos' own.

    Raises:
        DatasetError: a file cannot be read or trusted, the widths differ, or there are vectors of
            none of the captions.
    """
    if paths[0].suffix in COLUMN_FILES:
        columns = read_columns(paths[0])
        found = {c.caption_id: columns[c.caption_id] for c in captions if c.caption_id in columns}
        outcome = Outcome()
    else:
        found, outcome = by_caption(read_vectors(paths), captions, words, translated)
    if not found:
        raise DatasetError(
            f"{name} has token vectors of none of the {len(captions)} captions. Check the ids."
        )
    spoken = [caption for caption in captions if caption.caption_id in found]
    for caption in captions:
        if caption.caption_id not in found:
            outcome.remarks.add("without token vectors", caption.caption_id)
    outcome.dim = next(iter(found.values())).shape[1]
    outcome.videos = len({caption.video_id for caption in spoken})
    with Progress(log, f"import {encoder}", len(spoken), unit="caption") as progress:
        write_tokens(
            output,
            _blocks(spoken, found, outcome.dim, progress),
            encoder=encoder,
            weights=identify_weights(name, paths),
            dim=outcome.dim,
            max_tokens=max(vectors.shape[0] for vectors in found.values()),
        )
    return outcome


def _blocks(
    captions: Sequence[Caption], found: Mapping[str, Vectors], dim: int, progress: Progress
) -> Iterator[tuple[list[Caption], list[NDArray[np.float16]]]]:
    for begin in range(0, len(captions), BLOCK):
        block = list(captions[begin : begin + BLOCK])
        yield block, [_loaded(caption, found[caption.caption_id], dim) for caption in block]
        progress.advance(done=len(block))


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


def in_order(
    captions: Sequence[Caption], words: Mapping[str, Sequence[str]], translated: Mapping[str, str]
) -> list[Caption]:
    """The captions, those of each video in the order of the words that vectors were made of."""
    video_ids = list(dict.fromkeys(caption.video_id for caption in captions))
    foreign = match_ids(words, video_ids, translated).foreign
    own = {video: words[given] for video, given in foreign.items()}
    places = place_captions(captions, own, {video: len(texts) for video, texts in own.items()})
    rank = {video: place for place, video in enumerate(video_ids)}
    return sorted(
        captions, key=lambda c: (rank[c.video_id], places.get(c.caption_id, len(captions)))
    )


def read_words(path: Path) -> dict[str, list[str]]:
    """Read the captions that token vectors were made of.

    Args:
        path: pickle of a mapping from video id to captions, each a text or a list of words.

    Raises:
        DatasetError: the file cannot be read or trusted, or holds something else.
    """
    lists = _lists(path)
    try:
        return {
            video: [c if isinstance(c, str) else " ".join(c) for c in captions]
            for video, captions in lists.items()
        }
    except TypeError:
        raise DatasetError(f"{path} has captions that are no texts. Give words.") from None


def read_vectors(paths: Sequence[Path]) -> dict[str, list[Vectors]]:
    """Read token vectors of all captions of each video.

    Args:
        paths: pickles of a mapping from video id to a list of (N, D), or to one (N, D); those of
            several files are joined.

    Raises:
        DatasetError: a file cannot be read or trusted, or holds something else.
    """
    vectors: dict[str, list[Vectors]] = {}
    for path in paths:
        for video, items in _lists(path).items():
            for item in items:
                if not isinstance(item, LazyArray) or len(item.shape) != 2:
                    raise DatasetError(
                        f"{path}: a caption of {video!r} has no (N, D) array of token vectors."
                    )
            vectors[video] = items
    return vectors


def _lists(path: Path) -> dict[str, list[Any]]:
    values = read_pickle(path)
    if not isinstance(values, Mapping):
        raise DatasetError(
            f"{path} holds a {type(values).__name__}. Give a mapping from video id to captions."
        )
    return {str(video): _listed(value) for video, value in values.items()}


def _listed(value: object) -> list[Any]:
    if isinstance(value, LazyArray):
        objects = value.objects()
        return [value] if objects is None else objects
    return list(value) if isinstance(value, list | tuple) else [value]


def place_captions(
    captions: Sequence[Caption], words: Mapping[str, Sequence[str]], counts: Mapping[str, int]
) -> dict[str, int]:
    """Which of a video's token vectors belong to a caption.

    Args:
        captions: of the dataset.
        words: video id -> captions in the order of the vectors, of videos where that is known;
            their letters and digits are compared, as words were split in many ways.
        counts: video id -> how many vectors there are; without words, captions and vectors are in
            the same order if they are as many.

    Returns:
        Caption id -> place; captions without one are left out.
    """
    places: dict[str, int] = {}
    for video, own in by_video(captions).items():
        if video in words:
            free: dict[str, list[int]] = {}
            for place, text in enumerate(words[video][: counts.get(video, 0)]):
                free.setdefault(_letters(text), []).append(place)
            for caption in own:
                if same := free.get(_letters(caption.caption)):
                    places[caption.caption_id] = same.pop(0)
        elif counts.get(video) == len(own):
            places |= {caption.caption_id: place for place, caption in enumerate(own)}
    return places


def _letters(text: str) -> str:
    return re.sub(r"[^\w]|_", "", text).casefold()


def by_caption(
    vectors: Mapping[str, Sequence[Vectors]],
    captions: Sequence[Caption],
    words: Mapping[str, Sequence[str]],
    translated: Mapping[str, str],
) -> tuple[dict[str, Vectors], Outcome]:
    """Token vectors of each caption of the dataset.

    Args:
        vectors: of each video of a file, see ``read_vectors``.
        captions: of the dataset.
        words: see ``place_captions``, by the ids of the file.
        translated: other ids of the same videos, and the videos' own.

    Returns:
        Caption id -> vectors; and what became of all.
    """
    video_ids = list(dict.fromkeys(caption.video_id for caption in captions))
    of_vectors = match_ids(vectors, video_ids, translated)
    of_words = match_ids(words, video_ids, translated).foreign
    own = {video: vectors[foreign] for video, foreign in of_vectors.foreign.items()}
    places = place_captions(
        captions,
        {video: words[foreign] for video, foreign in of_words.items()},
        {video: len(items) for video, items in own.items()},
    )
    outcome = Outcome()
    for video in of_vectors.unknown:
        outcome.remarks.add("not in the dataset", video)
    found: dict[str, Vectors] = {}
    for caption in captions:
        place = places.get(caption.caption_id)
        items = own.get(caption.video_id, ())
        if place is not None and items[place].shape[0]:
            found[caption.caption_id] = items[place]
    return found, outcome


def read_columns(path: Path) -> dict[str, Vectors]:
    """Read token vectors by caption id.

    Args:
        path: .npz or HDF5 of ``caption_id`` (N,) text, ``tokens`` (rows, D) and ``offsets``
            (N + 1,) integers: those of caption i begin at ``offsets[i]``.

    Raises:
        DatasetError: the file cannot be read, or its arrays do not fit together.
    """
    loaders = read_arrays(path)
    if missing := [name for name in COLUMNS if name not in loaders]:
        raise DatasetError(f"{path} has no array {missing[0]!r}. It needs: {', '.join(COLUMNS)}.")
    ids, tokens, offsets = (loaders[name]() for name in COLUMNS)
    if ids is None or tokens is None or offsets is None or tokens.ndim != 2:
        raise DatasetError(f"{path}: tokens must be (rows, D) numbers, with offsets.")
    fits = offsets.dtype.kind in "iu" and offsets.shape == (len(ids) + 1,)
    if not fits or offsets[0] or offsets[-1] != len(tokens) or (np.diff(offsets) < 0).any():
        raise DatasetError(
            f"{path}: offsets must be ({len(ids) + 1},) integers that rise from 0 to "
            f"{len(tokens)}, the number of rows."
        )
    return {
        str(caption): tokens[begin:end]
        for caption, begin, end in zip(ids, offsets, offsets[1:], strict=False)
    }
