"""Which caption of the dataset is which of a file: told by its words, or by its place."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from teachtext.errors import DatasetError
from teachtext.interop.features.ids import match_ids
from teachtext.interop.features.pickles import LazyArray, read_pickle
from teachtext.interop.remarks import Remarks
from teachtext.tables.dataset import Caption, by_video

T = TypeVar("T")


def read_words(path: Path) -> dict[str, list[str]]:
    """Read the words of captions.

    Args:
        path: Pickle of a mapping from video ID to captions, each a string or a list of words.

    Raises:
        DatasetError: The file cannot be read or trusted, or holds something else.
    """
    lists = read_lists(path)
    try:
        return {
            video: [c if isinstance(c, str) else " ".join(c) for c in captions]
            for video, captions in lists.items()
        }
    except TypeError:
        raise DatasetError(f"{path} has captions that are no texts. Give words.") from None


def read_lists(path: Path) -> dict[str, list[Any]]:
    """Read a pickle of a mapping from video id to what it has of each caption.

    Raises:
        DatasetError: The file cannot be read or trusted, or holds something else.
    """
    values = read_pickle(path)
    if not isinstance(values, Mapping):
        raise DatasetError(
            f"{path} holds a {type(values).__name__}. Give a mapping from video id to captions."
        )
    return {str(video): listed(value) for video, value in values.items()}


def listed(value: object) -> list[Any]:
    """A list, an array of objects, or a single value as a list."""
    if isinstance(value, LazyArray):
        objects = value.objects()
        return [value] if objects is None else objects
    return list(value) if isinstance(value, list | tuple) else [value]


def in_order(
    captions: Sequence[Caption], words: Mapping[str, Sequence[str]], translated: Mapping[str, str]
) -> list[Caption]:
    """The captions, those of each video in the order of the words that vectors were made of."""
    video_ids = list(by_video(captions))
    foreign = match_ids(words, video_ids, translated).foreign
    own = {video: words[given] for video, given in foreign.items()}
    places = place_captions(captions, own, {video: len(texts) for video, texts in own.items()})
    rank = {video: place for place, video in enumerate(video_ids)}
    return sorted(
        captions, key=lambda c: (rank[c.video_id], places.get(c.caption_id, len(captions)))
    )


def place_captions(
    captions: Sequence[Caption], words: Mapping[str, Sequence[str]], counts: Mapping[str, int]
) -> dict[str, int]:
    """Place of each caption's token vectors among those of its video.

    Args:
        captions: Captions of the dataset.
        words: Captions of each video ID in the order of its vectors, where known; only letters and
            digits are compared, as words were split in many ways.
        counts: Number of vectors of each video ID; without words, captions and vectors are taken to
            be in the same order if they are equally many.

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
    items: Mapping[str, Sequence[T]],
    captions: Sequence[Caption],
    words: Mapping[str, Sequence[str]],
    translated: Mapping[str, str],
) -> tuple[dict[str, T], Remarks]:
    """The item of a file for each caption of the dataset.

    Args:
        items: Items of each video in the file, one per caption.
        captions: Captions of the dataset.
        words: Captions of each video ID in the file, in the order of its items, where known.
        translated: Map between alternative IDs and the videos' own IDs, in both directions.

    Returns:
        Caption id -> item; captions that have none are left out. And which videos are unknown.
    """
    video_ids = list(by_video(captions))
    matched = match_ids(items, video_ids, translated)
    of_words = match_ids(words, video_ids, translated).foreign
    own = {video: items[foreign] for video, foreign in matched.foreign.items()}
    places = place_captions(
        captions,
        {video: words[foreign] for video, foreign in of_words.items()},
        {video: len(theirs) for video, theirs in own.items()},
    )
    remarks = Remarks()
    for video in matched.unknown:
        remarks.add("not in the dataset", video)
    own_items = {
        caption.caption_id: own[caption.video_id][places[caption.caption_id]]
        for caption in captions
        if caption.caption_id in places
    }
    return own_items, remarks
