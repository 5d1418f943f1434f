"""Teachers that the authors released, as similarities of training captions and videos.

Their files hold embeddings of both; a similarity is the sum of the dot products of all experts
(albanie/collaborative-experts, `trainer/trainer.py` at 7eb3b9d); weights, if any, are in the texts.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from teachtext.errors import DatasetError
from teachtext.interop.features.features import Outcome
from teachtext.interop.features.matching import Matcher
from teachtext.interop.features.pickles import LazyArray, listed, read_pickle
from teachtext.interop.features.sources import Source
from teachtext.runtime.progress import Progress
from teachtext.store.similarities import ROWS_PER_BLOCK, write_similarities
from teachtext.tables.dataset import Caption

log = logging.getLogger(__name__)

_VIDEOS, _TEXTS = "vid_embds", "text_embds"
Embedding = dict[str, LazyArray]
"""Expert -> (D,)."""


def import_teacher(source: Source, output: Path, matcher: Matcher, *, name: str) -> Outcome:
    """Write a teacher's similarities from its embeddings.

    Args:
        source: Pickle of a mapping from video ID to ``vid_embds``, a (D,) array for each expert,
            and ``text_embds``, a (D,) array for each expert and caption.
        output: Parquet to write; rows are captions, or, of a file that has one text for each
            video of several captions, paragraphs by their videos' ids.
        matcher: Captions of the dataset, and those of the texts, where known.
        name: Name of the teacher.

    Raises:
        DatasetError: The file cannot be read or trusted, or has embeddings of no training caption.
    """
    (path,) = source.paths
    videos, texts = _read(path)
    foreign = matcher.videos(videos).foreign
    if _are_paragraphs(matcher, {video: texts[given] for video, given in foreign.items()}):
        matcher = _by_paragraph(matcher)
    found, remarks = matcher.by_caption(texts)
    asked = [one for one in matcher.captions if one.caption_id in found and one.split == "train"]
    if not asked or not foreign:
        raise DatasetError(f"{source.name} has embeddings of no training caption. Check the ids.")
    experts = sorted(next(iter(videos.values())))
    known = [video for video in matcher.by_video if video in foreign]
    videos_JE = np.stack([_joined(path, videos[foreign[v]], experts) for v in known])
    rows = (_joined(path, found[query.caption_id], experts) for query in asked)
    blocks = _blocks([query.caption_id for query in asked], rows, videos_JE)
    progress = Progress(log, f"import {name}", len(asked), unit="caption")
    shown = progress.over(blocks, count=lambda block: len(block[0]))
    write_similarities(output, shown, model=f"{name}/0", video_ids=known)
    norms = [np.linalg.norm(part) for part in _parts(path, found[asked[0].caption_id], experts)]
    log.info(
        "%s: the norms of a text's %d parts add up to %.2f; 1 says that weights are in them",
        *(name, len(experts), sum(norms)),
    )
    return Outcome(videos=len(known), dim=videos_JE.shape[1], remarks=remarks)


def _blocks(
    caption_ids: Sequence[str],
    texts: Iterator[NDArray[np.float32]],
    videos_JE: NDArray[np.float32],
) -> Iterator[tuple[list[str], NDArray[np.float32]]]:
    for begin in range(0, len(caption_ids), ROWS_PER_BLOCK):
        block = list(caption_ids[begin : begin + ROWS_PER_BLOCK])
        texts_BE = np.stack(list(islice(texts, len(block))))
        yield block, texts_BE @ videos_JE.T


def _read(path: Path) -> tuple[dict[str, Embedding], dict[str, list[Embedding]]]:
    """Embeddings of each video, and of each of its texts."""
    values = read_pickle(path)
    try:
        videos = {str(video): dict(entry[_VIDEOS]) for video, entry in values.items()}
        texts = {str(video): _by_text(entry[_TEXTS]) for video, entry in values.items()}
    except (AttributeError, KeyError, TypeError, ValueError):
        raise DatasetError(
            f"{path} is no teacher: it has no {_VIDEOS} and {_TEXTS} of every video."
        ) from None
    return videos, texts


def _by_text(parts: Mapping[str, Any]) -> list[Embedding]:
    rows = {expert: _rows(value) for expert, value in parts.items()}
    (count,) = {len(found) for found in rows.values()}
    return [{expert: found[place] for expert, found in rows.items()} for place in range(count)]


def _rows(value: object) -> list[Any]:
    """A row for each text: of a list, or of one (texts, D) or (D,)."""
    if isinstance(value, LazyArray) and value.objects() is None:
        return list(np.atleast_2d(value.load()))
    return listed(value)


def _are_paragraphs(matcher: Matcher, texts: Mapping[str, Sequence[Any]]) -> bool:
    """Whether each video has but one text, and several captions."""
    single = all(len(own) == 1 for own in texts.values())
    return single and any(len(matcher.by_video[video]) > 1 for video in texts)


def _by_paragraph(matcher: Matcher) -> Matcher:
    """A paragraph of each video, which is told by its video alone."""
    own = matcher.by_video.items()
    paragraphs = [Caption(video, video, parts[0].split, "") for video, parts in own]
    return Matcher(paragraphs, {}, matcher.translated)


def _joined(
    path: Path, embedding: Mapping[str, Any], experts: Sequence[str]
) -> NDArray[np.float32]:
    """(experts x D,) of a video or a text."""
    return np.concatenate(_parts(path, embedding, experts)).astype(np.float32)


def _parts(
    path: Path, embedding: Mapping[str, Any], experts: Sequence[str]
) -> list[NDArray[np.float32]]:
    """(D,) of each expert."""
    parts = []
    for expert in experts:
        part = embedding.get(expert)
        values = part.load() if isinstance(part, LazyArray) else part
        if not isinstance(values, np.ndarray) or not np.isfinite(values).all():
            raise DatasetError(f"{path}: an embedding of {expert} is no (D,) of numbers.")
        parts.append(values.ravel())
    return parts
