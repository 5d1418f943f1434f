"""Ids of other programs, matched with those of the dataset."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Matched:
    """Which of a file's ids are which videos.

    Attributes:
        foreign: video id -> id in the file.
        unknown: ids in the file of no video of the dataset.
        repeated: ids in the file of a video that an earlier one is of already.
    """

    foreign: Mapping[str, str]
    unknown: list[str]
    repeated: list[str]


def match_ids(
    foreign_ids: Iterable[str], video_ids: Sequence[str], translated: Mapping[str, str]
) -> Matched:
    """Find the video of each id of a file.

    An id is a video's own, or what the map makes of it, or one with an ending such as ``.mp4``:
    DiDeMo's features have names of files for ids.

    Args:
        foreign_ids: of the file.
        video_ids: of the dataset.
        translated: other ids, such as the ``vid12`` of MSVD, and the videos' own, either way.
    """
    known = set(video_ids)
    matched = Matched({}, [], [])
    foreign: dict[str, str] = {}
    for given in foreign_ids:
        candidates = (given, translated.get(given), given.partition(".")[0])
        video = next((candidate for candidate in candidates if candidate in known), None)
        if video is None:
            matched.unknown.append(given)
        elif foreign.setdefault(video, given) != given:
            matched.repeated.append(given)
    return Matched(foreign, matched.unknown, matched.repeated)
