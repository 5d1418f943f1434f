"""The files to take over, found in archives and folders or named one by one."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from teachtext.errors import DatasetError
from teachtext.interop.archives import unpack_archive
from teachtext.interop.features.layout import Content, content_of
from teachtext.interop.features.pickles import by_id, read_pickle, read_words

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Source:
    """Files of one expert, text encoder or teacher.

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
        found: Source of each expert, text encoder and teacher.
        words: Captions of each video ID, in the order of its token vectors.
        translated: Map between alternative IDs and the videos' own IDs, in both directions.
    """

    found: dict[Content, Source] = field(default_factory=dict)
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
        files = (
            _below(place) if place.is_dir() else unpack_archive(place, folder, wanted=content_of)
        )
        sources = Sources()
        for name, path in files.items():
            if path and (content := content_of(name)):
                sources.add(content, f"{place.name}: {name}", path)
        if not (sources.found or sources.words):
            raise DatasetError(
                f"{place} has nothing that is laid out as the authors' archives are. Name its "
                "files one by one: --experts NAME=FILE, --text NAME=FILE."
            )
        for content in sources.found.keys() & self.found:
            log.warning("%s of %s takes the place of an earlier one", content.name, place)
        self.lay_over(sources)

    def lay_over(self, others: "Sources") -> None:
        """Add all of others; theirs take the place of ours."""
        self.found |= others.found
        self.words |= others.words
        self.translated |= others.translated

    def add(self, content: Content, name: str, path: Path) -> None:
        """Add one file."""
        before = self.found.get(content)
        if content.kind == "captions":
            self.words |= read_words(path)
        elif content.kind == "ids":
            pairs = by_id(path, read_pickle(path), "id")
            there = {key: str(value) for key, value in pairs.items()}
            self.translated |= {value: key for key, value in there.items()} | there
        elif content.kind == "tokens" and before:
            before.paths.append(path)
        else:
            if before:
                log.warning("%s is taken for %s, not %s", name, content.name, before.name)
            self.found[content] = Source(name, [path])


def named(content: Iterable[tuple[Content, Path]]) -> Sources:
    """Files that were named one by one."""
    sources = Sources()
    for what, path in content:
        sources.add(what, str(path), path)
    return sources


def _below(folder: Path) -> dict[str, Path | None]:
    """Files in a folder, which may be links as the authors' are, by names from the folder on."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path for path in files}
