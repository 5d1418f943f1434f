"""Whether the tables of videos and captions fit together; the Snakefile asks before all else."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from teachtext.errors import DatasetError
from teachtext.files.given import GivenFiles
from teachtext.tables.dataset import (
    SPLITS,
    Caption,
    VideoSource,
    read_captions,
    read_videos,
    videos_of,
)


@dataclass(frozen=True)
class ValUser:
    """Entry of config.yaml that uses the val split to choose something.

    Attributes:
        entry: Place in config.yaml, such as ``students.baseline``.
        setting: Setting with which it would not need the val split.
    """

    entry: str
    setting: str


def check_tables(
    videos: str | None, captions: str | None, val_user: ValUser | None, given: GivenFiles
) -> str:
    """Check the two tables, unless they have been checked before and are the same.

    Tables that are not on this machine, or not made yet, are not looked at.

    Args:
        videos: Path of the table of videos; None if there is none.
        captions: Path of the table of captions; None if there is none.
        val_user: Entry that needs the val split; None if none does.
        given: Remembered digests of files, and of checks that passed.

    Returns:
        What there is, in one line; empty if nothing was looked at.

    Raises:
        DatasetError: A table cannot be read, or they do not fit together.
    """
    tables = [table for table in (videos, captions) if table is not None]
    digests = [given.sha256(table) for table in tables]
    if not all(digests):
        return ""
    checked = hashlib.sha256(json.dumps([tables, digests, str(val_user)]).encode()).hexdigest()
    if given.has_seen(checked):
        return ""
    sources = [] if videos is None else read_videos(Path(videos))
    queries = [] if captions is None else read_captions(Path(captions))
    if videos is not None:
        check_dataset(sources, queries)
    if captions is not None:
        check_splits(queries, val_user)
    given.remember(checked)
    return _counts(sources, queries)


def _counts(videos: Sequence[VideoSource], captions: Sequence[Caption]) -> str:
    of_split = Counter(caption.split for caption in captions)
    splits = (
        f"{split} {of_split[split]} of {len(videos_of(captions, split))} videos" for split in SPLITS
    )
    return f"{len(videos)} videos in the table; captions: {', '.join(splits)}"


def check_dataset(videos: Sequence[VideoSource], captions: Sequence[Caption]) -> None:
    """Check that the two tables fit together.

    Raises:
        DatasetError: A caption names a video that is not there.
    """
    known = {video.video_id for video in videos}
    unknown = sorted({caption.video_id for caption in captions} - known)
    if unknown:
        raise DatasetError(
            f"Captions name {len(unknown)} videos that the table of videos lacks, first "
            f"{unknown[0]!r}. Add them there or remove their captions."
        )


def check_splits(captions: Sequence[Caption], val_user: ValUser | None) -> None:
    """Check that every split that is needed has captions.

    Args:
        captions: Captions of all splits.
        val_user: Entry that needs the val split; None if none does.

    Raises:
        DatasetError: A split that is needed has none.
    """
    counts = Counter(caption.split for caption in captions)
    found = f"(found: {dict(sorted(counts.items()))})"
    for split in ("train", "test"):
        if not counts[split]:
            raise DatasetError(
                f"No caption has split {split!r} {found}. Training needs train, the results test."
            )
    if val_user is not None and not counts["val"]:
        raise DatasetError(
            f"No caption has split 'val' {found}, and {val_user.entry} chooses by it. Set "
            f"{val_user.setting}, or give it some: new rows of the table, or training videos when "
            "a benchmark is imported: --hold-out VIDEOS."
        )
