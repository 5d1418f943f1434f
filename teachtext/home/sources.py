"""Where captions come from: tables, and texts beside videos. Files in, captions out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from teachtext.errors import ConfigError, DatasetError
from teachtext.home.columns import (
    Asked,
    Described,
    Description,
    choose_columns,
    describe_videos,
    with_header,
)
from teachtext.home.lookup import Lookup
from teachtext.home.options import Options, Remembered
from teachtext.home.survey import SIDECARS, Survey, name_of
from teachtext.interop.encodings import decode_text
from teachtext.interop.given_tables import TABLE_READERS, GivenTable, read_given_tables
from teachtext.interop.remarks import Remarks
from teachtext.interop.sidecars import captions_in

NO_SOURCE, ANY_SOURCE = "none", "auto"
"""Words for no captions, and for those of what describes most videos."""
_TABLES_OPENED = 20
"""Tables that are opened without being named."""


@dataclass(frozen=True)
class CaptionSource:
    """A place that describes videos.

    Attributes:
        name: Name that the user chooses it by.
        kind: Common name of the sources that are taken together: texts of a suffix, or tables of
            equal columns.
        told: What was taken of it, in words.
        said: Captions, and what is odd.
        path: File of the table; None of texts beside videos.
    """

    name: str
    kind: str
    told: str
    said: Described
    path: Path | None = None

    @property
    def videos(self) -> set[str]:
        """Paths of the videos that it describes."""
        return {one.video for one in self.said.descriptions}


@dataclass(frozen=True)
class Taken:
    """The captions that are taken, and what else there is.

    Attributes:
        sources: Sources that are taken.
        others: Sources that could be taken instead.
    """

    sources: list[CaptionSource] = field(default_factory=list)
    others: list[CaptionSource] = field(default_factory=list)

    @property
    def descriptions(self) -> list[Description]:
        """Captions of all sources, in order."""
        return [one for source in self.sources for one in source.said.descriptions]

    def tables(self, root: Path) -> list[str]:
        """Files of the tables, relative to the folder if they are inside, each once."""
        paths = [source.path for source in self.sources if source.path is not None]
        return list(dict.fromkeys(name_of(path, root) for path in paths))

    @property
    def kinds(self) -> list[str]:
        """Kinds of the sources, each once."""
        return list(dict.fromkeys(source.kind for source in self.sources))


def with_texts_beside(taken: Taken) -> Taken:
    """Also take what is beside the videos that no source describes."""
    described = {video for source in taken.sources for video in source.videos}
    more = []
    for source in taken.others:
        mine = [one for one in source.said.descriptions if one.video not in described]
        if mine and source.kind in SIDECARS.values():
            more.append(replace(source, said=replace(source.said, descriptions=mine)))
            described |= source.videos
    used = {source.name for source in more}
    others = [source for source in taken.others if source.name not in used]
    return Taken([*taken.sources, *more], others)


def take_captions(
    survey: Survey, root: Path, lookup: Lookup, chosen: Remembered, now: Options
) -> Taken:
    """Find what describes the videos.

    Args:
        survey: What the folder holds; receives remarks.
        root: Absolute path of the folder.
        lookup: Videos by what tables may call them.
        chosen: Options that count; what was taken before is taken again if it is there.
        now: Options that were typed: what they name must be there.

    Raises:
        ConfigError: A source or a column that is wanted is not there.
        DatasetError: A table that is taken cannot be read whole.
    """
    words = {NO_SOURCE, ANY_SOURCE, *SIDECARS.values()}
    wanted = [one for one in chosen.captions if one != ANY_SOURCE]
    named = _named(
        [one for one in wanted if one not in words], root, survey.remarks, must=bool(now.captions)
    )
    sources = [
        *_tables(named, survey, root, lookup, chosen.asked),
        *(_texts(kind, files, root) for kind, files in survey.sidecars.items()),
    ]
    if wanted:
        taken = [s for s in sources if any(f"{s.name}, ".startswith(f"{n}, ") for n in wanted)]
    else:
        before = [one.kind for one in sources if one.kind in chosen.kinds and not now.captions]
        taken = [one for one in sources if one.kind in (before or _best(sources))]
    if now.names_columns and all(source.path is None for source in taken):
        raise ConfigError(
            f"No table has all of the columns {', '.join(map(repr, sorted(chosen.asked.names)))}. "
            f"There are: {', '.join(repr(one.name) for one in sources) or 'none'}."
        )
    for source in taken:
        if problems := source.said.problems:
            raise DatasetError(f"{problems[0]} ({len(problems)} such rows)")
        for what, about in source.said.remarks.items():
            survey.remarks.setdefault(what, []).extend(about)
    return Taken(taken, [one for one in sources if one not in taken])


def _named(names: Sequence[str], root: Path, remarks: Remarks, *, must: bool) -> list[Path]:
    """The tables of these names; one that was chosen before may be gone."""
    paths = []
    for name in names:
        path = root / name
        if path.is_file() and path.suffix.lower() in TABLE_READERS:
            paths.append(path)
        elif must:
            kinds = ", ".join([*SIDECARS.values(), NO_SOURCE, ANY_SOURCE])
            raise ConfigError(
                f"--captions {name!r} is no table here. Give a file that ends in "
                f"{', '.join(TABLE_READERS)}; or one of: {kinds}."
            )
        else:
            remarks.add("tables that were chosen and are gone, --captions chooses others", name)
    return paths


def _best(sources: Sequence[CaptionSource]) -> list[str]:
    """The kind that describes most videos; of equals, tables come first."""
    videos: dict[str, set[str]] = {}
    for source in sources:
        videos.setdefault(source.kind, set()).update(source.videos)
    return [max(videos, key=lambda kind: len(videos[kind]))] if videos else []


def _tables(
    named: Sequence[Path], survey: Survey, root: Path, lookup: Lookup, asked: Asked
) -> Iterator[CaptionSource]:
    for name in survey.tables[_TABLES_OPENED:]:
        survey.remarks.add(f"tables after the first {_TABLES_OPENED}, not opened", name)
    others = [path for path in map(Path, survey.tables[:_TABLES_OPENED]) if path not in named]
    for path in [*named, *others]:
        sources = []
        try:
            tables = read_given_tables(path)
            sources = [_table(one, root, lookup, asked, named) for one in tables]
        except DatasetError as error:
            if path in named:
                raise
            survey.remarks.add("tables that cannot be read", str(error))
        found = [source for source in sources if source is not None and source.videos]
        if path in named and not found:
            raise DatasetError(
                f"{path} has no column that names videos of the folder and another one that "
                "describes them. Name them: --id-column, --text-columns."
            )
        if sources and not found:
            what = "tables that name no video here, or say nothing of it"
            survey.remarks.add(what, name_of(path, root))
        yield from found


def _table(
    given: GivenTable, root: Path, lookup: Lookup, asked: Asked, named: Sequence[Path]
) -> CaptionSource | None:
    name = name_of(given.path, root)
    folder = name.rpartition("/")[0]
    table = with_header(given, lookup, folder)
    if given.path not in named and not asked.names <= set(given.columns):
        return None
    columns = choose_columns(table, lookup, folder, asked)
    if columns is None:
        return None
    part = f", {table.part}" if table.part else ""
    extra = (("start", columns.start), ("end", columns.end), ("splits", columns.split))
    used = [("videos", columns.video), *(("text", at) for at in columns.texts), *extra]
    told = ", ".join(f"{what} {table.columns[at]!r}" for what, at in used if at is not None)
    coded = f"; it is {table.encoding}" if table.encoding else ""
    said = describe_videos(table, columns, lookup, folder)
    kind = f"columns: {', '.join(table.columns)}"
    return CaptionSource(f"{name}{part}", kind, f"columns: {told}{coded}", said, given.path)


def _texts(kind: str, files: Mapping[Path, Sequence[Path]], root: Path) -> CaptionSource:
    said = Described()
    for video, path in ((video, path) for video, paths in files.items() for path in paths):
        name = name_of(path, root)
        try:
            text, encoding = decode_text(path.read_bytes())
        except (OSError, UnicodeDecodeError):
            said.remarks.add("texts that cannot be read", name)
            continue
        if encoding:
            said.remarks.add(f"texts in {encoding}, not UTF-8", name)
        captions = captions_in(text, kind)
        said.descriptions += [Description(name_of(video, root), caption) for caption in captions]
        if not captions:
            said.remarks.add("texts in which nothing is said", name)
    how = "a caption in each line" if kind == "txt" else "all that is said is one caption"
    return CaptionSource(kind, kind, f"beside the videos, {how}", said)
