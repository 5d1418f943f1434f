"""Ids of other programs, matched with those of the dataset."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Matched:
    """A file's IDs matched with videos.

    Attributes:
        foreign: ID in the file by video ID.
        unknown: IDs in the file that belong to no video of the dataset.
        repeated: IDs in the file whose video an earlier ID already matched.
    """

    foreign: Mapping[str, str]
    unknown: list[str]
    repeated: list[str]


def match_ids(
    foreign_ids: Iterable[str], video_ids: Sequence[str], translated: Mapping[str, str]
) -> Matched:
    """Find the video of each ID of a file.

    An ID in the file is a video's own ID, or one that the map translates, or a video's ID with
    extensions such as ``.mov.mp4``: DiDeMo's features use file names as IDs. As IDs may have dots
    of their own, as few extensions as possible are cut off.

    Args:
        foreign_ids: IDs in the file.
        video_ids: IDs of the dataset's videos.
        translated: Map between alternative IDs, such as ``vid12`` of MSVD, and the videos' own IDs,
            in both directions.
    """
    known = set(video_ids)
    matched = Matched({}, [], [])
    foreign: dict[str, str] = {}
    for given in foreign_ids:
        candidates = (given, translated.get(given), *_shorter(given))
        video = next((candidate for candidate in candidates if candidate in known), None)
        if video is None:
            matched.unknown.append(given)
        elif foreign.setdefault(video, given) != given:
            matched.repeated.append(given)
    return Matched(foreign, matched.unknown, matched.repeated)


def _shorter(name: str) -> Iterator[str]:
    """``a.b`` and ``a`` of ``a.b.mp4``."""
    while "." in name:
        name = name.rpartition(".")[0]
        yield name
