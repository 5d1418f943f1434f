"""Videos chosen by a hash of their ids: the same ones everywhere. Ids and captions only."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace

from teachtext.errors import DatasetError
from teachtext.tables.dataset import Caption, videos_of


def by_hash(video_ids: Iterable[str]) -> list[str]:
    """The ids, each once, in an order that has to do with nothing else."""
    return sorted(
        set(video_ids),
        key=lambda video: hashlib.sha256(video.encode(errors="surrogatepass")).digest(),
    )


def hold_out(captions: Sequence[Caption], videos: int) -> list[Caption]:
    """Move some training videos to val.

    Args:
        captions: Captions of all splits.
        videos: Number of training videos to move.

    Raises:
        DatasetError: None, or all of the training videos or more, are asked for.
    """
    train = by_hash(videos_of(captions, "train"))
    if not 0 < videos < len(train):
        raise DatasetError(
            f"--hold-out is {videos}, and there are {len(train)} training videos. Hold out at "
            "least one of them, and not all."
        )
    held = set(train[:videos])
    return [
        replace(caption, split="val") if caption.video_id in held else caption
        for caption in captions
    ]
