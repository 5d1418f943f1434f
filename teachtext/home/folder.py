"""Making and keeping a folder the home of a data set: init, add and remove."""

import shlex
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from teachtext.errors import ConfigError, DatasetError
from teachtext.home.files import gone_files, moved_files, read_lengths
from teachtext.home.kept import Kept, Row, holding, read_kept, write_kept
from teachtext.home.lookup import Lookup
from teachtext.home.merging import FoundVideos, merge, take_out
from teachtext.home.options import Options, absolute, group_pattern, options_that_count
from teachtext.home.overlay import overlay_of, write_overlay
from teachtext.home.sources import Taken, take_captions, with_texts_beside
from teachtext.home.survey import SIDECARS, Survey, name_of, same_content, survey_folder
from teachtext.interop.remarks import Remarks
from teachtext.video.headers import HeaderLengths


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
    root = absolute(folder)
    with holding(root):
        kept = read_kept(root)
        survey = survey_folder(root)
        if not survey.videos:
            raise _without_videos(folder, kept, survey)
        gone = _follow_moves(kept, survey, root)
        return _merged(root, kept, survey, options, gone=gone)


def add_videos(folder: Path, paths: Sequence[Path]) -> Account:
    """Add files and folders of videos, with what is beside them, to the tables of a home.

    Args:
        folder: Folder that `teachtext init` made a home.
        paths: Files and folders to add, wherever they are.

    Raises:
        ConfigError: The folder is no home.
        DatasetError: A path is no video and has none.
    """
    root = absolute(folder)
    with holding(root):
        kept = _home(root)
        survey = Survey()
        for path in map(absolute, paths):
            before = len(survey.videos)
            if path.is_dir():
                survey.include(survey_folder(path))
            elif path.is_file():
                beside = (
                    one.name for one in path.parent.iterdir() if one.suffix.lower() in SIDECARS
                )
                survey.look_at(path.parent, [path.name, *beside])
            if len(survey.videos) == before:
                raise DatasetError(f"{path} is no video, and has none. Give videos, or folders.")
        given = [absolute(path).parent for path in paths]
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
    root = absolute(folder)
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
    lengths = read_lengths(survey, {row["path"] for row in kept.videos}, root)
    if not survey.videos:
        raise DatasetError(
            f"No file can be read as a video: {'; '.join(survey.remarks.lines())}. Give videos."
        )
    sizes = {name_of(path, root): size for path, size in survey.videos.items()}
    there = {row["video_id"]: row["path"] for row in kept.videos if row["path"] not in gone}
    lookup = Lookup(sizes, there, str(root))
    chosen = options_that_count(kept.settings, options, root)
    if given:
        survey.tables = [str(root / name) for name in chosen.tables if (root / name).is_file()]
    taken = take_captions(survey, root, lookup, chosen, options)
    kinds, tables = taken.kinds or chosen.kinds, taken.tables(root) or chosen.tables
    if given:
        taken, lengths, survey.others = with_texts_beside(taken), HeaderLengths(), Counter()
    ids = _new_ids(sizes, kept, lookup, given)
    is_column = any(one.group for one in taken.descriptions)
    group = None if is_column else chosen.group
    found = FoundVideos(
        names=ids,
        gone=gone,
        descriptions=taken.descriptions,
        same=_same(survey, root),
        replaces=kinds == chosen.kinds,
        pattern=group_pattern(group, ids.values(), must=options.group is not None),
        is_wanted=bool(given),
    )
    after = merge(kept, found, survey.remarks)
    after.settings = asdict(replace(chosen, kinds=kinds, tables=tables))
    after.sizes = {name: size for name, size in (kept.sizes | sizes).items() if name not in gone}
    advice = _write(root, after)
    return Account(root, kept, after, advice, taken, lengths, survey.others, survey.remarks)


def _follow_moves(kept: Kept, survey: Survey, root: Path) -> frozenset[str]:
    """Correct the paths of files that were moved; returns the paths of those that are gone."""
    gone = gone_files(kept.videos, survey, root)
    if not gone:
        return frozenset()
    known = {row["path"] for row in kept.videos}
    sizes = {name_of(path, root): size for path, size in survey.videos.items()}
    new = {name: size for name, size in sizes.items() if name not in known}
    moved = moved_files(gone, kept.sizes, new)
    for row in kept.videos:
        row["path"] = moved.get(row["path"], row["path"])
    for before, now in sorted(moved.items()):
        survey.remarks.add("files that were moved, and keep their ids", f"{before} -> {now}")
    return frozenset(gone - moved.keys())


def _same(survey: Survey, root: Path) -> dict[str, str]:
    same = {name_of(a, root): name_of(b, root) for a, b in same_content(survey.videos).items()}
    for one, first in sorted(same.items()):
        survey.remarks.add("files of the same content as another", f"{one} = {first}")
    return same


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


def _home(root: Path) -> Kept:
    kept = read_kept(root)
    if not kept.videos:
        raise ConfigError(f"{root} has no videos.csv. Run: teachtext init {shlex.quote(str(root))}")
    return kept


def _meant(name: str, videos: Sequence[Row], root: Path) -> list[str]:
    """Ids of the videos that an id, or the path of a file or folder, names."""
    if any(row["video_id"] == name for row in videos):
        return [name]
    places = {name_of(absolute(Path(name)), root), name_of(absolute(root / name), root)}
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
