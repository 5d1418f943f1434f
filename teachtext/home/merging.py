"""What was, what is there now and what its sources say, made into tables. Rows only; no files."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import cast

from teachtext.home.columns import Description, seconds_text
from teachtext.home.kept import BY_HAND, Kept, Row
from teachtext.home.options import group_in
from teachtext.home.splits import split_groups, stricter_split
from teachtext.interop.benchmarks.tidying import tidy
from teachtext.interop.remarks import Remarks
from teachtext.tables.dataset import Caption, Split

Part = tuple[str, str, str]
"""Path of a file as the table writes it, and start and end in seconds as text."""


@dataclass(frozen=True)
class FoundVideos:
    """What is there now.

    Attributes:
        names: Id that a new video gets, by its path as the table of videos writes it.
        gone: Paths of the table whose files are no longer there.
        descriptions: Captions as their sources give them.
        same: File -> the first file of the same content.
        replaces: Whether the sources are those of the last time, so that what they no longer say
            of a video they describe is outdated.
        pattern: Pattern that finds in a video's id what it was cut from; None if there is none.
        is_wanted: Whether videos that the user took out before come back.
    """

    names: Mapping[str, str]
    gone: frozenset[str] = frozenset()
    descriptions: Sequence[Description] = ()
    same: Mapping[str, str] = field(default_factory=dict)
    replaces: bool = True
    pattern: re.Pattern[str] | None = None
    is_wanted: bool = False


def merge(kept: Kept, found: FoundVideos, remarks: Remarks) -> Kept:
    """The new tables: ids, splits and what was edited by hand stay.

    Args:
        kept: What the home has.
        found: What is there now.
        remarks: Remarks that receive what is odd.
    """
    videos, removed = _merge_videos(kept, found, remarks)
    ids = {row["video_id"] for row in videos}
    current = {row["caption_id"] for row in kept.captions}
    returning = [row for row in kept.removed_captions if row["caption_id"] not in current]
    mine = [row for row in [*kept.captions, *returning] if row["video_id"] in ids]
    away = [row for row in [*kept.captions, *returning] if row["video_id"] not in ids]
    put_aside = {row["video_id"] for row in removed}
    for video in sorted(_texts_of(kept.captions).keys() - ids - put_aside):
        remarks.add("videos that captions.csv names and videos.csv lacks, set aside", video)
    out = {row["path"] for row in removed}
    told_of = [one for one in found.descriptions if one.video not in out]
    described = _described(videos, told_of, remarks)
    groups = _grouping([*videos, *removed], found, remarks)
    before = {row["video_id"]: cast("Split", row["split"]) for row in [*kept.taken, *away, *mine]}
    splits = _splits(described, groups, before)
    told = tidy((Caption("", video, splits[video], one.text) for video, one in described), remarks)
    captions, taken = _merge_captions(mine, told, kept, replaces=found.replaces)
    return replace(
        kept,
        videos=videos,
        captions=captions,
        taken=taken,
        removed_videos=removed,
        removed_captions=away,
        is_new=False,
    )


def take_out(kept: Kept, video_ids: Iterable[str]) -> Kept:
    """The tables without some videos, which do not come back by themselves."""
    ids = set(video_ids)
    out = [row | {BY_HAND: "yes"} for row in kept.videos if row["video_id"] in ids]
    return replace(
        kept,
        videos=[row for row in kept.videos if row["video_id"] not in ids],
        captions=[row for row in kept.captions if row["video_id"] not in ids],
        removed_videos=[*kept.removed_videos, *out],
        removed_captions=[
            *kept.removed_captions,
            *(row for row in kept.captions if row["video_id"] in ids),
        ],
    )


def part_of(row: Row) -> Part:
    """What a row of the table of videos shows."""
    start, end = (row.get(name) or "" for name in ("start_seconds", "end_seconds"))
    return row["path"], seconds_text(start) or "", seconds_text(end) or ""


def _merge_videos(kept: Kept, found: FoundVideos, remarks: Remarks) -> tuple[list[Row], list[Row]]:
    """The new rows, and those that are put aside."""
    rows = [row for row in kept.videos if row["path"] not in found.gone]
    gone = [row for row in kept.videos if row["path"] in found.gone]
    aside = {part_of(row): row for row in kept.removed_videos}
    there = {part_of(row) for row in rows}
    paths = {row["path"] for row in rows}
    used = {row["video_id"] for row in rows}
    cuts: dict[str, dict[Part, None]] = {}
    for one in found.descriptions:
        if one.start_seconds or one.end_seconds:
            part = (one.video, one.start_seconds, one.end_seconds)
            cuts.setdefault(one.video, {})[part] = None
    for name, video_id in found.names.items():
        whole = [] if name in paths else [(name, "", "")]
        for part in cuts.get(name, whole):
            if part in there:
                continue
            if part in aside and aside[part].get(BY_HAND) and not found.is_wanted:
                remarks.add("videos that were removed by hand and stay out", name)
                continue
            row = aside.pop(part, None) or _new_row(part, video_id)
            row.pop(BY_HAND, None)
            row["video_id"] = _unused(row["video_id"], used)
            used.add(row["video_id"])
            rows.append(row)
    return rows, [*aside.values(), *gone]


def _new_row(part: Part, video_id: str) -> Row:
    path, start, end = part
    cut = f"#{start or '0'}-{end}" if start or end else ""
    return {
        "video_id": video_id + cut,
        "path": path,
        "start_seconds": start,
        "end_seconds": end,
    }


def _unused(video_id: str, used: set[str]) -> str:
    unique, number = video_id, 0
    while unique in used:
        number += 1
        unique = f"{video_id}~{number}"
    return unique


def _described(
    videos: Iterable[Row], descriptions: Iterable[Description], remarks: Remarks
) -> list[tuple[str, Description]]:
    """Id of the video of each description; what a source says of its group goes into its row."""
    row_of = {part_of(row): row for row in videos}
    described = []
    for one in descriptions:
        row = row_of.get((one.video, one.start_seconds, one.end_seconds))
        if row is None:
            remarks.add(
                "captions of files that are in the table as clips, or not at all", one.video
            )
            continue
        described.append((row["video_id"], one))
        if one.group:
            row["group"] = one.group
    return described


def _grouping(videos: Sequence[Row], found: FoundVideos, remarks: Remarks) -> dict[str, str]:
    """Id of each video -> what its split belongs to; of videos that are gone, too."""
    first = {row["path"]: row["video_id"] for row in reversed(videos)}
    groups = {}
    for row in videos:
        video, (path, start, end) = row["video_id"], part_of(row)
        path = found.same.get(path, path)
        own = path if start or end else first.get(path, video)
        if found.pattern:
            cut_from = group_in(found.pattern, video)
            if cut_from is None:
                what = "videos that the pattern of --group does not fit, each by itself"
                remarks.add(what, video)
            own = cut_from or own
        groups[video] = row.get("group") or own
    return groups


def _splits(
    described: Iterable[tuple[str, Description]],
    groups: Mapping[str, str],
    before: dict[str, Split],
) -> dict[str, Split]:
    """The split of each video: its own of before, what its source gives, or that of its group."""
    given: dict[str, list[Split]] = {}
    for video, one in described:
        given.setdefault(video, []).extend(cast("list[Split]", [one.split] if one.split else []))
    own = {video: stricter_split(splits) for video, splits in given.items() if splits} | before
    known: dict[str, list[Split]] = {}
    for video, split in own.items():
        known.setdefault(groups.get(video, video), []).append(split)
    of_group = split_groups(
        {groups[video] for video in given},
        {group: stricter_split(splits) for group, splits in known.items()},
    )
    return {video: own.get(video) or of_group[groups[video]] for video in given}


def _merge_captions(
    mine: Sequence[Row], told: Iterable[Caption], kept: Kept, *, replaces: bool
) -> tuple[list[Row], list[Row]]:
    """The new rows, and what was taken from the sources up to now."""
    now: dict[str, dict[str, Caption]] = {}
    for caption in told:
        now.setdefault(caption.video_id, {}).setdefault(caption.caption, caption)
    taken = _texts_of(kept.taken)
    if kept.is_new:  # tables that were made by hand: nothing is added to what they describe
        taken = {video: set(now.get(video, ())) for video in _texts_of(mine)}
    there = _texts_of(mine)
    fresh = {
        video: [
            caption
            for text, caption in texts.items()
            if text not in taken.get(video, ()) and text not in there.get(video, ())
        ]
        for video, texts in now.items()
    }
    rows = []
    for row in mine:
        video, text = row["video_id"], row["caption"]
        outdated = video in now and text in taken.get(video, ()) and text not in now[video]
        if not (replaces and outdated):
            rows.append(row)
        elif fresh[video]:
            rows.append(row | {"caption": fresh[video].pop(0).caption})
    rows += _numbered([one for captions in fresh.values() for one in captions], mine)
    still = [row for row in kept.taken if row["video_id"] not in now]
    given = [_row_of(caption) for texts in now.values() for caption in texts.values()]
    return rows, [*still, *given]


def _texts_of(rows: Iterable[Row]) -> dict[str, set[str]]:
    texts: dict[str, set[str]] = {}
    for row in rows:
        texts.setdefault(row["video_id"], set()).add(row["caption"])
    return texts


def _numbered(captions: Iterable[Caption], mine: Iterable[Row]) -> list[Row]:
    used = {row["caption_id"] for row in mine}
    numbers: dict[str, int] = {}
    rows = []
    for caption in captions:
        number = numbers.get(caption.video_id, 0)
        while f"{caption.video_id}#{number}" in used:
            number += 1
        numbers[caption.video_id] = number + 1
        rows.append(_row_of(replace(caption, caption_id=f"{caption.video_id}#{number}")))
    return rows


def _row_of(caption: Caption) -> Row:
    return {
        "caption_id": caption.caption_id,
        "video_id": caption.video_id,
        "caption": caption.caption,
        "split": caption.split,
    }
