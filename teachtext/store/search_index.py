"""A search index on disk: embedded videos and captions, who they are, and what found groups.

A folder with ``index.json``, arrays that are mapped (``.npy``), tables (Parquet), an inverted file
for each large part (``{part}.faiss``) and checksums of all of them. faiss reads its files without
looking twice, so these are compared with their checksums before: an index is to be read by whom
it was written by.
"""

# Shape suffixes: E = widths of all experts together, M = experts, G = gallery, C = captions.
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import faiss
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from teachtext import __version__
from teachtext.errors import StoreError
from teachtext.store.checksums import check_contents, check_quickly, write_checksums
from teachtext.store.tables import read_table, write_table
from teachtext.versions import MADE_BY, check_stamp, stamp

FACTS = "index.json"


@dataclass(frozen=True)
class Part:
    """Videos that the same experts count for: consecutive rows of a gallery.

    Attributes:
        counted_M: which experts.
        first: row of the first.
        end: row after the last.
        probes: groups of its inverted file that a query looks into; None: all are compared.
        recall: of the ten best, against comparing all; None: all are compared.
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
        model: name in config.yaml.
        seed: of its training.
        model_sha256: Identity of the model.
        settings: Section ``search`` of config.yaml.
        widths: expert -> width of its embedding, in the order of the mixture weights.
        text_encoder: its entry in config.yaml; None: token vectors are made elsewhere.
        parts: of the gallery, in the order of its rows.
    """

    model: str
    seed: int
    model_sha256: str
    settings: Mapping[str, Any]
    widths: Mapping[str, int]
    text_encoder: Mapping[str, Any] | None
    parts: Sequence[Part]

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Of what ``write_facts`` wrote."""
        parts = [
            Part(**{**part, "counted_M": tuple(part["counted_M"])}) for part in values["parts"]
        ]
        names = ("model", "seed", "model_sha256", "settings", "widths", "text_encoder")
        return cls(parts=parts, **{name: values[name] for name in names})


class SearchIndexFolder:
    """The files of an index.

    Attributes:
        path: the folder.
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

    def rows(self, name: str) -> list[dict[str, Any]]:
        """The rows of a table."""
        found: list[dict[str, Any]] = read_table(self.path / f"{name}.parquet").to_pylist()
        return found

    def write_inverted(self, part: int, index: faiss.IndexIVF) -> None:
        """Write the inverted file of a part."""
        faiss.write_index(index, str(self.path / f"{part}.faiss"))

    def inverted(self, part: int) -> faiss.IndexIVF:
        """Read it."""
        return faiss.read_index(str(self.path / f"{part}.faiss"))

    def finish(self, facts: IndexFacts) -> None:
        """Write what the index is of, and checksums of all."""
        made = {MADE_BY: stamp("build_index"), "teachtext": __version__}
        text = json.dumps(asdict(facts) | made, indent=2)
        (self.path / FACTS).write_text(text + "\n")
        write_checksums(self.path)

    def facts(self) -> IndexFacts:
        """What the index is of, after a look at the checksums.

        Raises:
            StoreError: there is no index, or it is damaged or of another version.
        """
        try:
            check_quickly(self.path)
            values = json.loads((self.path / FACTS).read_text())
            check_stamp(values.get(MADE_BY), self.path)
            facts = IndexFacts.from_json(values)
            if any(part.probes is not None for part in facts.parts):
                check_contents(self.path)
        except (OSError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise StoreError(
                f"{self.path} is damaged, or no search index ({type(error).__name__}: "
                f"{' '.join(str(error).split())}). Delete it and run: snakemake {self.path}"
            ) from None
        return facts
