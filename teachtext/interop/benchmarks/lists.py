"""Splits that are lists of ids, one a line. Files in, splits of each video out."""

from collections.abc import Iterable

from teachtext.interop.benchmarks.reading import ids_of
from teachtext.interop.benchmarks.records import Annotations, Files
from teachtext.tables.dataset import SPLITS, Split

LISTS = ("train_list.txt", "val_list.txt", "test_list.txt")
"""Of train, val and test."""
Membership = dict[str, list[Split]]
"""Video id -> its splits; lists that name a video twice are told of later."""


def read_splits(files: Files, names: tuple[str, ...] = LISTS) -> Membership:
    """Read the splits that each video belongs to.

    Args:
        files: Annotation file by name.
        names: Names of the lists of train, val and test, in this order.
    """
    splits_of: Membership = {}
    for split, name in zip(SPLITS, names, strict=True):
        for video in dict.fromkeys(ids_of(files[name])):
            splits_of.setdefault(video, []).append(split)
    return splits_of


def add_listed(said: Annotations, splits_of: Membership, video: str, text: object) -> None:
    """Take a caption of a video, in the splits that the video is listed in."""
    for split in splits_of.get(video, ()):
        said.add(video, split, text)
    if video not in splits_of:
        said.remarks.add("captions of videos of no split", video)


def remark_silent(said: Annotations, listed: Iterable[str]) -> None:
    """Note the videos of lists that have no captions."""
    told = {caption.video_id for caption in said.captions}
    for video in listed:
        if video not in told:
            said.remarks.add("videos of the lists without captions", video)
