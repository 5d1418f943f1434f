"""What the user chooses of a home, now or before. Values only; paths are looked at, not opened."""

import os
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from teachtext.errors import ConfigError
from teachtext.home.columns import Asked
from teachtext.home.survey import name_of


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

    @property
    def names_columns(self) -> bool:
        """Whether a column must be there."""
        return bool(self.id_column or self.text_columns)


@dataclass(frozen=True)
class Remembered(Options):
    """The options that count, and what was taken with them.

    Attributes:
        kinds: Kinds of the sources that captions were taken from.
        tables: Tables among them, relative to the folder if they are inside.
    """

    kinds: Sequence[str] = ()
    tables: Sequence[str] = ()

    @property
    def asked(self) -> Asked:
        """Columns to look for."""
        return Asked(self.id_column, tuple(self.text_columns), self.group)


def options_that_count(before: Mapping[str, Any], now: Options, root: Path) -> Remembered:
    """The options of now, or else those of before.

    Args:
        before: Options that are remembered.
        now: Options that were typed.
        root: Absolute path of the folder.
    """
    typed = {name: value for name, value in asdict(now).items() if value}
    if now.captions:
        paths = {word: Path(word) for word in now.captions if Path(word).is_file()}
        typed["captions"] = [
            name_of(absolute(paths[word]), root) if word in paths else word for word in now.captions
        ]
        # columns are those of a table
        before = {name: before[name] for name in before.keys() & {"group", "kinds"}}
    known = {one.name for one in fields(Remembered)}  # another version's may differ
    return Remembered(**{k: v for k, v in {**before, **typed}.items() if k in known})


def group_pattern(group: str | None, ids: Collection[str], *, must: bool) -> re.Pattern[str] | None:
    """The pattern that finds in ids what videos were cut from.

    Args:
        group: Pattern as typed; None if there is none.
        ids: Ids of videos.
        must: Whether it must fit one.

    Raises:
        ConfigError: It is no pattern, fits none, or does not tell any two apart.
    """
    if group is None:
        return None
    try:
        pattern = re.compile(group)
    except re.error as error:
        raise ConfigError(f"--group {group!r} is no pattern: {error}. Mend it.") from None
    groups = {group_in(pattern, video) for video in ids}
    if must and len(ids) > 1 and len(groups) == 1:
        how = "fits no id" if groups == {None} else "makes all videos one group, so of one split"
        raise ConfigError(
            f"--group {group!r} is no column of the captions' source, and as a pattern {how}. Ids "
            f"are such as {min(ids)!r}, of which '(.+)/' would take the folder."
        )
    return pattern


def group_in(pattern: re.Pattern[str], video_id: str) -> str | None:
    """What a video was cut from: the first group that fits, or all that does; None if nothing."""
    match = pattern.search(video_id)
    return match and next(filter(None, match.groups()), match[0])


def absolute(path: Path) -> Path:
    """An absolute path in which links stay what they are."""
    return Path(os.path.abspath(path))  # noqa: PTH100 - it resolves none
