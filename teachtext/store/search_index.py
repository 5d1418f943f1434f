"""A search index on disk: embedded videos and captions, who they are, and what found groups.

A folder with ``index.json``, arrays that are mapped (``.npy``), tables (Parquet), an inverted file
for each large part (``{part}.faiss``) and checksums of all of them. faiss reads its files without
looking twice, so these are compared with their checksums before: an index is to be read by whom
it was written by.
"""

# Shape suffixes: E = widths of all experts together, M = experts, G = gallery, C = captions.
import json
import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import TypeAdapter

from teachtext import __version__
from teachtext.errors import StoreError
from teachtext.store.checksums import check_contents, write_checksums
from teachtext.store.tables import read_table, write_table
from teachtext.store.versions import MADE_BY, check_stamp, stamp

log = logging.getLogger(__name__)
FACTS = "index.json"


@dataclass(frozen=True)
class GalleryPart:
    """Videos that the same experts count for: consecutive rows of a gallery.

    Attributes:
        counted_M: (M,) True for the experts that count.
        first: Index of the first row.
        end: Index after the last row.
        probes: Number of groups of the inverted file that a query searches; None for an exhaustive
            search.
        recall: Share of the ten best matches of an exhaustive search that are found; None if it is
            exhaustive.
    """

    counted_M: tuple[bool, ...]
    first: int
    end: int
    probes: int | None = None
    recall: float | None = None

    def __len__(self) -> int:
        return self.end - self.first


@dataclass(frozen=True)
class IndexFacts:
    """What an index is of.

    Attributes:
        model: Name of the model in config.yaml.
        seed: Seed of the model's training.
        model_sha256: SHA-256 that identifies the model.
        settings: Section ``search`` of config.yaml.
        widths: Expert -> width of its embedding, in the order of the mixture weights.
        text_encoder: Entry of the text encoder in config.yaml; None if token vectors are made
            elsewhere.
        parts: Parts of the gallery, in the order of its rows.
    """

    model: str
    seed: int
    model_sha256: str
    settings: Mapping[str, Any]
    widths: Mapping[str, int]
    text_encoder: Mapping[str, Any] | None
    parts: Sequence[GalleryPart]


_FACTS = TypeAdapter(IndexFacts)


class SearchIndexFolder:
    """The files of an index.

    Attributes:
        path: Folder of the index.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def create_array(self, name: str, shape: tuple[int, int], dtype: type) -> NDArray[Any]:
        """A mapped array to fill: ``videos`` (G, E), ``captions`` (C, E), ``weights`` (C, M)."""
        return np.lib.format.open_memmap(self.path / f"{name}.npy", "w+", dtype, shape)

    def array(self, name: str) -> NDArray[Any]:
        """One of these, mapped."""
        mapped: NDArray[Any] = np.load(self.path / f"{name}.npy", mmap_mode="r", allow_pickle=False)
        return mapped

    def write_rows(self, name: str, rows: Mapping[str, Sequence[Any] | NDArray[Any]]) -> None:
        """Write a table: ``clips`` or ``texts``."""
        write_table(self.path / f"{name}.parquet", pa.table(dict(rows)))

    def write_inverted(self, part: int, index: faiss.IndexIVF) -> None:
        """Write the inverted file of a part."""
        faiss.write_index(index, str(self.path / f"{part}.faiss"))

    def finish(self, facts: IndexFacts) -> None:
        """Write what the index is of, and checksums of all."""
        made = {MADE_BY: stamp("build_index"), "teachtext": __version__}
        text = json.dumps(_FACTS.dump_python(facts) | made, indent=2)
        (self.path / FACTS).write_text(text + "\n")
        write_checksums(self.path)


@dataclass(frozen=True)
class SearchIndex:
    """An index that is open, all of it: whatever takes the place of its folder changes nothing.

    Attributes:
        facts: Facts about the index.
        videos_GE: (G, E) Embeddings of the gallery, mapped.
        captions_CE: (C, E) Embeddings of all captions, mapped.
        weights_CM: (C, M) Mixture weights of all captions, mapped.
        clips: Rows that identify the videos, in the order of the gallery.
        texts: Table that identifies the captions, in the order of their embeddings.
        inverted: Index of a large part -> its inverted file.
    """

    facts: IndexFacts
    videos_GE: NDArray[np.float32]
    captions_CE: NDArray[np.float16]
    weights_CM: NDArray[np.float32]
    clips: list[dict[str, Any]]
    texts: pa.Table
    inverted: Mapping[int, faiss.IndexIVF]


def open_index(path: Path) -> SearchIndex:
    """Open an index; every byte is compared with what was written.

    That takes about a second per GB, and the pages are in memory then, as searches want them.

    Raises:
        StoreError: There is no index, or it is damaged or of another version.
    """
    while True:
        with _held(path) as is_still_there:
            try:
                index = _opened(path)
            except StoreError:
                if is_still_there():
                    raise
            else:
                if is_still_there():
                    return index
        log.info("%s was built again meanwhile", path)


@contextmanager
def _held(path: Path) -> Iterator[Callable[[], bool]]:
    """Tell whether a folder is the one that it was: as that is open, no other has its number."""
    try:
        folder = os.open(path, os.O_RDONLY)
    except OSError as error:
        raise _damaged(path, error) from None

    def is_still_there() -> bool:
        try:
            return os.path.samestat(os.fstat(folder), path.stat())
        except FileNotFoundError:
            return False

    try:
        yield is_still_there
    finally:
        os.close(folder)


def _opened(path: Path) -> SearchIndex:
    folder = SearchIndexFolder(path)
    try:
        check_contents(path)
        values = json.loads((path / FACTS).read_text())
        check_stamp(values.get(MADE_BY), path)
        facts = _FACTS.validate_python(values)
        large = [number for number, part in enumerate(facts.parts) if part.probes is not None]
        return SearchIndex(
            facts,
            folder.array("videos"),
            folder.array("captions"),
            folder.array("weights"),
            read_table(path / "clips.parquet").to_pylist(),
            read_table(path / "texts.parquet"),
            {number: faiss.read_index(str(path / f"{number}.faiss")) for number in large},
        )
    except (OSError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise _damaged(path, error) from None


def _damaged(path: Path, error: Exception) -> StoreError:
    return StoreError(
        f"{path} is damaged, or no search index ({type(error).__name__}: "
        f"{' '.join(str(error).split())}). Delete it and run snakemake again."
    )
