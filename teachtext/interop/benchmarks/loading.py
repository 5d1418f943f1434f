"""A data set opened from its folder, for programs that use it. Tables in, records out."""

from dataclasses import dataclass
from pathlib import Path

from teachtext.errors import DatasetError
from teachtext.tables.checks import check_dataset
from teachtext.tables.dataset import (
    SPLITS,
    Caption,
    Split,
    VideoSource,
    read_captions,
    read_videos,
    videos_of,
)


@dataclass(frozen=True)
class Dataset:
    """Videos and captions with their splits.

    Attributes:
        videos: Videos in the order of the table; clips have ``start_seconds`` and ``end_seconds``,
            in seconds from the start of their file. Empty if there is no table.
        captions: Captions in the order of the table.
    """

    videos: list[VideoSource]
    captions: list[Caption]

    def split(self, name: Split) -> list[Caption]:
        """The captions of a split, in the order of the table.

        Args:
            name: ``train``, ``val`` or ``test``.

        Raises:
            DatasetError: There is no such split.
        """
        _check(name)
        return [caption for caption in self.captions if caption.split == name]

    def video_ids(self, name: Split) -> list[str]:
        """IDs of the videos of a split, in the order of their first captions.

        Args:
            name: ``train``, ``val`` or ``test``.

        Raises:
            DatasetError: There is no such split.
        """
        _check(name)
        return videos_of(self.captions, name)


def load_dataset(path: str | Path) -> Dataset:
    """Open a data set.

    Args:
        path: Folder that ``teachtext import-dataset`` wrote, or any with a ``captions.csv``
            (``video_id, caption, split[, caption_id]``) and optionally a ``videos.csv``
            (``video_id, path[, start_seconds, end_seconds]``).

    Raises:
        DatasetError: A table is missing or wrong, or captions name videos that are not there.
    """
    folder = Path(path)
    if not (folder / "captions.csv").is_file():
        raise DatasetError(
            f"{folder} has no captions.csv. Give a folder that teachtext import-dataset wrote."
        )
    captions = read_captions(folder / "captions.csv")
    table = folder / "videos.csv"
    if not table.exists():
        return Dataset([], captions)
    videos = read_videos(table)
    check_dataset(videos, captions)
    return Dataset(videos, captions)


def _check(split: str) -> None:
    if split not in SPLITS:
        raise DatasetError(f"There is no split {split!r}. Use one of: {', '.join(SPLITS)}.")
