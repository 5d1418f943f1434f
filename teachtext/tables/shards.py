"""The two tables dealt out: videos to shards, which are computed one by one, captions to portions.

What a model learns from is computed apart from what measures it, and from videos that have no
captions: a new video changes its own shard, and with it only what is made from that.
"""

import hashlib
import json
import shutil
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, get_args

from teachtext.errors import DatasetError
from teachtext.files.atomic import replacing
from teachtext.files.hashing import file_sha256
from teachtext.tables.dataset import Caption, VideoSource, read_captions, read_videos

Portion = Literal["trainval", "test", "none"]
"""Of the videos: those that models learn from, with val, those that measure, and the others."""
PORTIONS: tuple[Portion, ...] = get_args(Portion)
CAPTIONED: tuple[Portion, ...] = ("trainval", "test")
"""Those that have captions."""
SHARD = rf"(?:{'|'.join(PORTIONS)})-\d+"
"""Regular expression of the name of a shard."""

KEPT_SECONDS = 86_400.0
"""Age until which dealt tables are kept, whose tables have changed since."""

DEALT = ".snakemake/teachtext/tables"
"""Folder in that of the run, for the dealt tables."""

_SUMMARY = "dealt.json"


def portion_of(split: str | None) -> Portion:
    """Portion of a video with captions of that split; None: it has no captions."""
    if split is None:
        return "none"
    return "test" if split == "test" else "trainval"


def shard_names(shards: Mapping[Portion, int]) -> tuple[str, ...]:
    """Names of all shards.

    >>> shard_names({"trainval": 2, "test": 1})
    ('trainval-0', 'trainval-1', 'test-0')
    """
    return tuple(
        f"{portion}-{number}" for portion, many in shards.items() for number in range(many)
    )


def shard_of(video_id: str, portion: Portion, shards: Mapping[Portion, int]) -> str:
    """Shard of a video: a hash of its id, so that adding videos moves none."""
    number = int.from_bytes(hashlib.sha256(video_id.encode()).digest()[:8], "big")
    return f"{portion}-{number % shards[portion]}"


class DealtTables:
    """The rows of each shard, and what changes with the captions of each portion.

    Args:
        folder: Folder that ``deal_tables`` wrote.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def sources(self, shard: str) -> list[VideoSource]:
        """Rows of the table of videos that belong to a shard, in the order of the table."""
        lines = (self._folder / f"{shard}.jsonl").read_text(encoding="utf-8").splitlines()
        rows = (json.loads(line) for line in lines)
        return [VideoSource(video, Path(path), *seconds) for video, path, *seconds in rows]

    def digest(self, shard: str) -> str:
        """SHA-256 that changes with a row of the shard, and with a file that it names."""
        return _digest([video.video_id, video.state] for video in self.sources(shard))

    def ids_digest(self, shard: str) -> str:
        """SHA-256 that changes with the ids of a shard alone."""
        return _digest([video.video_id] for video in self.sources(shard))

    def captions_digest(self, portion: Portion) -> str:
        """SHA-256 that changes with a caption of the portion; empty if it has none."""
        return self._summary.captions.get(portion, "")

    @property
    def portions(self) -> list[Portion]:
        """Portions that have videos."""
        return [portion for portion in PORTIONS if self._summary.videos[portion]]

    @property
    def number_of_videos(self) -> int:
        """Number of all videos."""
        return sum(self._summary.videos.values())

    @cached_property
    def _summary(self) -> "_Summary":
        return _Summary(**json.loads((self._folder / _SUMMARY).read_text()))


@dataclass(frozen=True)
class _Summary:
    """Number of videos, and digest of the captions, of each portion that has some."""

    videos: dict[Portion, int]
    captions: dict[Portion, str]


def deal_tables(
    videos: Path | None, captions: Path | None, shards: Mapping[Portion, int], work: Path
) -> DealtTables:
    """Deal out the tables, unless they have been before and are the same.

    Args:
        videos: Table of videos; None: all videos are those that have captions, and nobody looks
            at their files.
        captions: Table of captions; None if there is none.
        shards: Number of shards of each portion.
        work: Folder to keep the dealt tables in.

    Raises:
        DatasetError: A table cannot be read.
    """
    tables = [[str(table), _content(table)] for table in (videos, captions) if table is not None]
    facts = json.dumps([tables, list(shards.items())])
    folder = work / hashlib.sha256(facts.encode()).hexdigest()[:16]
    if not (folder / _SUMMARY).exists():
        _forget_old(work)
        queries = [] if captions is None else read_captions(captions)
        with replacing(folder) as temporary:
            temporary.mkdir()
            _write(temporary, _sources(videos, queries), queries, shards)
    return DealtTables(folder)


def _forget_old(work: Path) -> None:
    """Remove what no job can be reading any more."""
    for folder in work.glob("*"):
        if time.time() - folder.stat().st_mtime > KEPT_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)


def _digest(rows: Iterable[list[str]]) -> str:
    return hashlib.sha256(json.dumps(list(rows)).encode()).hexdigest()


def _content(table: Path) -> str:
    try:
        return file_sha256(table)
    except OSError:
        raise DatasetError(
            f"{table} does not exist. Set dataset.videos and dataset.captions."
        ) from None


def _sources(videos: Path | None, captions: Iterable[Caption]) -> list[VideoSource]:
    if videos is not None:
        return read_videos(videos)
    return [VideoSource(video, Path()) for video in dict.fromkeys(c.video_id for c in captions)]


def _write(
    folder: Path,
    videos: Iterable[VideoSource],
    captions: Iterable[Caption],
    shards: Mapping[Portion, int],
) -> None:
    split_of: dict[str, str] = {}
    digests = {portion: hashlib.sha256() for portion in CAPTIONED}
    for one in captions:
        split_of[one.video_id] = one.split
        row = [one.caption_id, one.video_id, one.split, one.caption]
        digests[portion_of(one.split)].update(json.dumps(row).encode())
    lines: dict[str, list[str]] = {shard: [] for shard in shard_names(shards)}
    counts: dict[Portion, int] = dict.fromkeys(PORTIONS, 0)
    for video in videos:
        portion = portion_of(split_of.get(video.video_id))
        counts[portion] += 1
        facts = [video.video_id, str(video.path), video.start_seconds, video.end_seconds]
        if portion in shards:  # else the video has come since the run was planned
            lines[shard_of(video.video_id, portion, shards)].append(json.dumps(facts))
    for shard, rows in lines.items():
        text = "".join(f"{row}\n" for row in rows)
        (folder / f"{shard}.jsonl").write_text(text, encoding="utf-8")
    has_captions = {portion_of(split) for split in split_of.values()}
    of_captions = {portion: digests[portion].hexdigest() for portion in has_captions}
    (folder / _SUMMARY).write_text(json.dumps(asdict(_Summary(counts, of_captions))))
