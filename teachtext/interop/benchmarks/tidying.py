"""Captions as benchmarks give them made into captions as our tables have them. Records only."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from teachtext.interop.remarks import Remarks
from teachtext.tables.dataset import SPLITS, Caption, by_video


def tidy(captions: Iterable[Caption], remarks: Remarks) -> list[Caption]:
    """Captions of one line each, with ids of their own, of videos that have one split each.

    A caption without an ID gets one made of the video's ID and its number among the video's
    captions of the split; dropped captions are counted too.

    Args:
        captions: Captions in the order of their files.
        remarks: Remarks that receive what was dropped or changed.
    """
    named = _named(captions)
    whole = [
        replace(caption, caption=" ".join(caption.caption.split()))
        for caption in named
        if _is_whole(caption, remarks)
    ]
    for caption in whole:
        if not caption.caption:
            remarks.add("empty captions", caption.caption_id)
    spoken = [caption for caption in whole if caption.caption]
    return _with_own_ids(_of_one_split(spoken, remarks), remarks)


def _named(captions: Iterable[Caption]) -> list[Caption]:
    seen: Counter[tuple[str, str]] = Counter()
    named = []
    for caption in captions:
        key = (caption.video_id, caption.split)
        caption_id = caption.caption_id or f"{caption.video_id}#{seen[key]}"
        seen[key] += 1
        named.append(replace(caption, caption_id=caption_id))
    return named


def _is_whole(caption: Caption, remarks: Remarks) -> bool:
    if not caption.video_id:
        remarks.add("captions of no video", caption.caption_id)
        return False
    try:
        "".join((caption.caption_id, caption.video_id, caption.caption)).encode()
    except UnicodeEncodeError:  # JSON can hold halves of characters, which no file can
        remarks.add("captions or ids with broken characters", ascii(caption.caption_id))
        return False
    return True


def _of_one_split(captions: list[Caption], remarks: Remarks) -> list[Caption]:
    """Test goes before val before train: what is measured shall not be trained on."""
    last: dict[str, str] = {}
    for video, own in by_video(captions).items():
        splits = {caption.split for caption in own}
        last[video] = next(split for split in reversed(SPLITS) if split in splits)
        if len(splits) > 1:
            remarks.add(
                "videos in two splits, kept in test rather than val rather than train", video
            )
    return [caption for caption in captions if caption.split == last[caption.video_id]]


def _with_own_ids(captions: Iterable[Caption], remarks: Remarks) -> list[Caption]:
    used: set[str] = set()
    times: Counter[str] = Counter()
    own = []
    for caption in captions:
        given = unique = caption.caption_id
        if given in used:
            remarks.add("captions with an id that an earlier one has, renamed", given)
        while unique in used:
            times[given] += 1
            unique = f"{given}~{times[given]}"
        used.add(unique)
        own.append(replace(caption, caption_id=unique))
    return own
