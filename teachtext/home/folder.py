"""Making and keeping a folder the home of a data set: init, add and remove."""

import os
import re
import shlex
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from teachtext.errors import ConfigError, DatasetError
from teachtext.home.columns import Asked
from teachtext.home.kept import Kept, Row, holding, read_kept, write_kept
from teachtext.home.lookup import Lookup
from teachtext.home.merging import FoundVideos, merge, take_out
from teachtext.home.overlay import overlay_of, write_overlay
from teachtext.home.sources import Taken, take_captions, with_texts_beside
from teachtext.home.survey import SIDECARS, Survey, name_of, same_content, survey_folder
from teachtext.interop.benchmarks.holding_out import by_hash
from teachtext.interop.remarks import Remarks
from teachtext.video.headers import HeaderLengths, read_header_lengths

_MOST_SECONDS, _MOST_WORKERS = 10.0, 4
"""Time and processes for reading headers."""


@dataclass(frozen=True)
class Options:
    """What the user chooses; what is empty stays as it was chosen before.

    Attributes:
        captions: Tables or kinds of texts to take captions from, `none` or `auto`.
        id_column: Column that names videos.
        text_columns: Columns of captions.
        group: Column, or pattern for ids, of what clips are cut from.
    """

    captions: Sequence[str] = ()
    id_column: str | None = None
    text_columns: Sequence[str] = ()
    group: str | None = None


@dataclass(frozen=True)
class Account:
    """What was found and done.

    Attributes:
        root: Folder of the data set.
        before: Tables as they were.
        after: Tables as they are.
        advice: What the user must change by hand; empty if nothing.
        taken: Sources of captions.
        lengths: Lengths of the videos whose headers were read.
        others: Number of files that are no videos, by suffix.
        remarks: What is odd.
    """

    root: Path
    before: Kept
    after: Kept
    advice: str
    taken: Taken = field(default_factory=Taken)
    lengths: HeaderLengths = field(default_factory=HeaderLengths)
    others: Counter[str] = field(default_factory=Counter)
    remarks: Remarks = field(default_factory=Remarks)


def init_home(folder: Path, options: Options) -> Account:
    """Look at a folder of videos, and write its tables and its configuration.

    Args:
        folder: Folder of the videos, at any depth.
        options: What the user chooses.

    Raises:
        ConfigError: The folder is none, or an option does not fit.
        DatasetError: There are no videos, or a table cannot be read.
    """
    root = _absolute(folder)
    with holding(root):
        kept = read_kept(root)
        survey = survey_folder(root)
        if not survey.videos:
            raise _without_videos(folder, kept, survey)
        return _merged(root, kept, survey, options, gone=_gone(kept.videos, survey, root))


def add_videos(folder: Path, paths: Sequence[Path]) -> Account:
    """Add files and folders of videos, with what is beside them, to the tables of a home.

    Args:
        folder: Folder that `teachtext init` made a home.
        paths: Files and folders to add, wherever they are.

    Raises:
        ConfigError: The folder is no home.
        DatasetError: A path is no video and has none.
    """
    root = _absolute(folder)
    with holding(root):
        kept = _home(root)
        survey = Survey()
        for path in map(_absolute, paths):
            before = len(survey.videos)
            if path.is_dir():
                survey.include(survey_folder(path))
            elif path.is_file():
                beside = (one.name for one in path.parent.iterdir() if one.suffix in SIDECARS)
                survey.look_at(path.parent, [path.name, *beside])
            if len(survey.videos) == before:
                raise DatasetError(f"{path} is no video, and has none. Give videos, or folders.")
        survey.tables = survey_folder(root).tables
        given = [_absolute(path).parent for path in paths]
        return _merged(root, kept, survey, Options(), given=given)


def remove_videos(folder: Path, names: Sequence[str]) -> Account:
    """Take videos out of the tables; their files stay, and they do not come back by themselves.

    Args:
        folder: Folder that `teachtext init` made a home.
        names: Ids, or paths of files and folders.

    Raises:
        ConfigError: The folder is no home.
        DatasetError: One is not in the table, or none would be left.
    """
    root = _absolute(folder)
    with holding(root):
        kept = _home(root)
        out = {video for name in names for video in _meant(name, kept.videos, root)}
        if len(out) == len(kept.videos):
            raise DatasetError(f"No video would be left in {root / 'videos.csv'}. Keep one.")
        after = take_out(kept, out)
        return Account(root, kept, after, _write(root, after))


def _merged(
    root: Path,
    kept: Kept,
    survey: Survey,
    options: Options,
    *,
    gone: frozenset[str] = frozenset(),
    given: Sequence[Path] = (),
) -> Account:
    """The tables of what is there now, written; `given` are folders that ids count from."""
    settings = _settings(kept.settings, options)
    lengths = _read_lengths(survey, {row["path"] for row in kept.videos}, root)
    names = [name_of(path, root) for path in survey.videos]
    ids = {row["video_id"]: row["path"] for row in kept.videos if row["path"] not in gone}
    lookup = Lookup(names, ids, str(root))
    group = settings["group"]
    taken = take_captions(
        survey,
        root,
        lookup,
        wanted=settings["captions"],
        asked=Asked(settings["id_column"], tuple(settings["text_columns"]), group),
        before=() if options.captions else settings["kinds"],
    )
    kinds = taken.kinds
    if given:
        taken, lengths, survey.others = with_texts_beside(taken), HeaderLengths(), Counter()
    same = {name_of(a, root): name_of(b, root) for a, b in same_content(survey.videos).items()}
    for one, first in sorted(same.items()):
        survey.remarks.add("files of the same content as another", f"{one} = {first}")
    ids = _new_ids(names, kept, lookup, given)
    found = FoundVideos(
        names=ids,
        gone=gone,
        descriptions=taken.descriptions,
        same=same,
        replaces=kinds == settings["kinds"],
        pattern=_pattern(group, taken, ids.values(), is_asked=options.group is not None),
        is_wanted=bool(given),
    )
    kept.settings = settings | {"kinds": kinds or settings["kinds"]}
    after = merge(kept, found, survey.remarks)
    advice = _write(root, after)
    return Account(root, kept, after, advice, taken, lengths, survey.others, survey.remarks)


def _settings(before: Mapping[str, Any], options: Options) -> dict[str, Any]:
    """The options that count: those of now, or else those of before."""
    empty: dict[str, Any] = {
        "captions": [],
        "id_column": None,
        "text_columns": [],
        "group": None,
        "kinds": [],
    }
    now = {name: value for name, value in asdict(options).items() if value}
    if options.captions:  # columns are those of a source
        before = {name: before[name] for name in before.keys() & {"group", "kinds"}}
    return empty | dict(before) | now


def _read_lengths(survey: Survey, known: Set[str], root: Path) -> HeaderLengths:
    """Read headers, of new files first; what is no video is taken out of the survey."""
    by_name = {name_of(path, root): path for path in survey.videos}
    order = sorted(by_hash(by_name), key=known.__contains__)
    lengths = read_header_lengths(
        [by_name[name] for name in order],
        workers=min(_MOST_WORKERS, usable_cores()),
        most_seconds=_MOST_SECONDS,
    )
    for path, problem in lengths.problems.items():
        if name_of(path, root) in known:
            survey.remarks.add(f"videos that cannot be read now ({problem})", name_of(path, root))
            continue
        survey.remarks.add(f"files left out ({problem})", name_of(path, root))
        del survey.videos[path]
    if not survey.videos:
        raise DatasetError(
            f"No file can be read as a video: {'; '.join(survey.remarks.lines())}. Give videos."
        )
    return lengths


def _new_ids(
    names: Iterable[str], kept: Kept, lookup: Lookup, given: Sequence[Path]
) -> dict[str, str]:
    """Ids of files, should they be new: as captions name them already, or their paths."""
    known = {row["video_id"] for row in kept.videos}
    named = {row["video_id"] for row in kept.captions} - known
    by_file = {lookup.find(video): video for video in sorted(named)}
    ids = {}
    for name in names:
        path = Path(name)
        above = [folder for folder in given if path.is_relative_to(folder)]
        inside = path.relative_to(above[0]).as_posix() if path.is_absolute() and above else name
        ids[name] = by_file.get(name, inside)
    return ids


def _pattern(
    group: str | None, taken: Taken, ids: Iterable[str], *, is_asked: bool
) -> re.Pattern[str] | None:
    if group is None or any(one.group for one in taken.descriptions):
        return None
    try:
        pattern = re.compile(group)
    except re.error as error:
        raise ConfigError(f"--group {group!r} is no pattern: {error}. Mend it.") from None
    example = next(iter(ids))
    if is_asked and not any(map(pattern.search, ids)):
        raise ConfigError(
            f"--group {group!r} is no column of the captions' source, and as a pattern fits no "
            f"id. They are such as {example!r}, of which '(.+)/' would take the folder."
        )
    return pattern


def _home(root: Path) -> Kept:
    kept = read_kept(root)
    if not kept.videos:
        raise ConfigError(f"{root} has no videos.csv. Run: teachtext init {shlex.quote(str(root))}")
    return kept


def _gone(videos: Iterable[Row], survey: Survey, root: Path) -> frozenset[str]:
    """Paths of the table whose files are not there; one that cannot be looked at may be."""
    there = {name_of(path, root) for path in survey.videos}
    waiting = {row["path"] for row in videos} - there
    return frozenset(name for name in waiting if _is_missing(root / name))


def _is_missing(path: Path) -> bool:
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def _meant(name: str, videos: Sequence[Row], root: Path) -> list[str]:
    """Ids of the videos that an id, or the path of a file or folder, names."""
    if any(row["video_id"] == name for row in videos):
        return [name]
    places = {name_of(_absolute(Path(name)), root), name_of(_absolute(root / name), root)}
    below = tuple(f"{place}/" for place in places)
    found = [
        row["video_id"] for row in videos if row["path"] in places or row["path"].startswith(below)
    ]
    if not found:
        raise DatasetError(
            f"{name!r} is no video of {root / 'videos.csv'}. Give an id or a path of that table."
        )
    return found


def _without_videos(folder: Path, kept: Kept, survey: Survey) -> DatasetError:
    odd = "".join(f"; {line}" for line in survey.remarks.lines())
    if kept.videos:
        return DatasetError(
            f"{folder} has no videos any more, and its table {len(kept.videos)}{odd}. Is a disk "
            "missing? Nothing was changed."
        )
    return DatasetError(
        f"{folder} has no videos among {survey.others.total() + len(survey.tables)} files{odd}. "
        "Give a folder with .mp4, .mkv, .mov, .avi, .webm or the like."
    )


def _write(root: Path, kept: Kept) -> str:
    """Write tables and configuration; returns what is left for the user to change."""
    splits = {row["split"] for row in kept.captions}
    overlay = overlay_of(
        root / "config.yaml",
        root.name,
        trains={"train", "test"} <= splits,
        chooses="val" in splits,
    )
    write_kept(root, kept)
    write_overlay(root / "config.yaml", overlay)
    return overlay.advice


def usable_cores() -> int:
    """Number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100 - links stay what they are
