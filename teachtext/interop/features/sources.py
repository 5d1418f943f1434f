"""The files to take over, found in archives and folders or named one by one."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from teachtext.errors import DatasetError
from teachtext.interop.archives import unpack
from teachtext.interop.features.layout import Content, content_of
from teachtext.interop.features.pickles import read_pickle
from teachtext.interop.features.placing import read_words

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Source:
    """Files of one expert or text encoder.

    Attributes:
        name: Name of the source, for provenance.
        paths: Files of the source; a text encoder may have several, which are joined.
    """

    name: str
    paths: list[Path]


@dataclass
class Sources:
    """Everything to import.

    Attributes:
        experts: Sources of experts, by name.
        tokens: Sources of text encoders, by name.
        teachers: Sources of teachers, by name.
        words: Captions of each video ID, in the order of its token vectors.
        translated: Map between alternative IDs and the videos' own IDs, in both directions.
    """

    experts: dict[str, Source] = field(default_factory=dict)
    tokens: dict[str, Source] = field(default_factory=dict)
    teachers: dict[str, Source] = field(default_factory=dict)
    words: dict[str, list[str]] = field(default_factory=dict)
    translated: dict[str, str] = field(default_factory=dict)

    def add_all(self, place: Path, folder: Path) -> None:
        """Add the content of an archive or a folder in the authors' layout.

        Earlier content of the same name is replaced.

        Args:
            place: Archive or folder to read.
            folder: Empty folder for unpacked files.

        Raises:
            DatasetError: The place cannot be read or trusted, or holds nothing known.
        """
        files = _below(place) if place.is_dir() else unpack(place, folder, wanted=content_of)
        found = Sources()
        for name, path in files.items():
            if path and (content := content_of(name)):
                found.add(content, f"{place.name}: {name}", path)
        if not (found.experts or found.tokens or found.teachers or found.words):
            raise DatasetError(
                f"{place} has nothing that is laid out as the authors' archives are. Name its "
                "files one by one: --experts NAME=FILE, --text NAME=FILE."
            )
        for name in (found.experts.keys() & self.experts) | (found.tokens.keys() & self.tokens):
            log.warning("%s of %s takes the place of an earlier one", name, place)
        self.lay_over(found)

    def lay_over(self, others: "Sources") -> None:
        """Add all of others; theirs take the place of ours."""
        self.experts |= others.experts
        self.tokens |= others.tokens
        self.teachers |= others.teachers
        self.words |= others.words
        self.translated |= others.translated

    def add(self, content: Content, name: str, path: Path) -> None:
        """Add one file."""
        if content.kind == "expert":
            if content.name in self.experts:
                log.warning(
                    "%s is taken for %s, not %s",
                    name,
                    content.name,
                    self.experts[content.name].name,
                )
            self.experts[content.name] = Source(name, [path])
        elif content.kind == "tokens":
            source = self.tokens.setdefault(content.name, Source(name, []))
            source.paths.append(path)
        elif content.kind == "teacher":
            self.teachers[content.name] = Source(name, [path])
        elif content.kind == "captions":
            self.words |= read_words(path)
        else:
            self.translated |= _both_ways(path)


def named(content: Iterable[tuple[Content, Path]]) -> Sources:
    """Files that were named one by one."""
    sources = Sources()
    for what, path in content:
        sources.add(what, str(path), path)
    return sources


def _both_ways(path: Path) -> dict[str, str]:
    table = read_pickle(path)
    if not isinstance(table, Mapping):
        raise DatasetError(f"{path} holds a {type(table).__name__}. Give a mapping of ids to ids.")
    pairs = {str(key): str(value) for key, value in table.items()}
    return {value: key for key, value in pairs.items()} | pairs


def _below(folder: Path) -> dict[str, Path | None]:
    """Files in a folder, which may be links as the authors' are, by names from the folder on."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path for path in files}
