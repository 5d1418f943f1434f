"""Ids and captions of other programs, matched with those of the dataset."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from teachtext.interop.remarks import Remarks
from teachtext.tables.dataset import Caption, by_video

_T = TypeVar("_T")


@dataclass(frozen=True)
class Matched:
    """A file's IDs matched with videos.

    Attributes:
        foreign: ID in the file by video ID.
        remarks: IDs in the file of no video, and those whose video an earlier ID already matched.
    """

    foreign: Mapping[str, str]
    remarks: Remarks


@dataclass(frozen=True)
class Matcher:
    """Finds the dataset's videos and captions in files that name them in their own way.

    Attributes:
        captions: Captions of the dataset.
        words: Captions of each video ID of the files, in the order of their items, where known;
            only letters and digits are compared, as words were split in many ways.
        translated: Map between alternative IDs, such as ``vid12`` of MSVD, and the videos' own IDs,
            in both directions.
    """

    captions: Sequence[Caption]
    words: Mapping[str, Sequence[str]]
    translated: Mapping[str, str]

    @cached_property
    def by_video(self) -> dict[str, list[Caption]]:
        """Captions of each video, in the order of the dataset."""
        return by_video(self.captions)

    def videos(self, foreign_ids: Iterable[str]) -> Matched:
        """Find the video of each ID of a file.

        An ID in the file is a video's own ID, or one that the map translates, or a video's ID with
        extensions such as ``.mov.mp4``: DiDeMo's features use file names as IDs. As IDs may have
        dots of their own, as few extensions as possible are cut off.

        Args:
            foreign_ids: IDs in the file.
        """
        foreign: dict[str, str] = {}
        remarks = Remarks()
        for given in foreign_ids:
            candidates = (given, self.translated.get(given), *_shorter(given))
            video = next((one for one in candidates if one in self.by_video), None)
            if video is None:
                remarks.add("not in the dataset", given)
            elif foreign.setdefault(video, given) != given:
                remarks.add("there twice, the first is taken", given)
        return Matched(foreign, remarks)

    def by_caption(self, items: Mapping[str, Sequence[_T]]) -> tuple[dict[str, _T], Remarks]:
        """The item of a file for each caption of the dataset.

        Args:
            items: Items of each video in the file, one per caption.

        Returns:
            Caption id -> item; captions that have none are left out. And what is odd about the IDs.
        """
        matched = self.videos(items)
        own = {video: items[given] for video, given in matched.foreign.items()}
        places = self.places({video: len(theirs) for video, theirs in own.items()})
        found = {
            caption.caption_id: own[caption.video_id][places[caption.caption_id]]
            for caption in self.captions
            if caption.caption_id in places
        }
        return found, matched.remarks

    def places(self, counts: Mapping[str, int]) -> dict[str, int]:
        """Place of each caption among the items of its video.

        Args:
            counts: Number of items of each video ID; without words, captions and items are taken to
                be in the same order if they are equally many.

        Returns:
            Caption id -> place; captions without one are left out.
        """
        words = self.videos(self.words).foreign
        places: dict[str, int] = {}
        for video, own in self.by_video.items():
            if video in words:
                free: dict[str, list[int]] = {}
                for place, text in enumerate(self.words[words[video]][: counts.get(video, 0)]):
                    free.setdefault(_letters(text), []).append(place)
                for caption in own:
                    if same := free.get(_letters(caption.caption)):
                        places[caption.caption_id] = same.pop(0)
            elif counts.get(video) == len(own):
                places |= {caption.caption_id: place for place, caption in enumerate(own)}
        return places

    def in_order(self) -> list[Caption]:
        """The captions, those of each video in the order of the words."""
        foreign = self.videos(self.words).foreign
        places = self.places({video: len(self.words[given]) for video, given in foreign.items()})
        last = len(self.captions)
        return [
            caption
            for own in self.by_video.values()
            for caption in sorted(own, key=lambda one: places.get(one.caption_id, last))
        ]


def _shorter(name: str) -> Iterator[str]:
    """``a.b`` and ``a`` of ``a.b.mp4``."""
    while "." in name:
        name = name.rpartition(".")[0]
        yield name


def _letters(text: str) -> str:
    return re.sub(r"[^\w]|_", "", text).casefold()
