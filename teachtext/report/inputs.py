"""What stages other than evaluate_model wrote, read into plain records. Computes nothing."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from teachtext.dataset import SPLITS, by_video, read_captions
from teachtext.errors import StoreError
from teachtext.store.tables import read_table, table_metadata


@dataclass(frozen=True)
class History:
    """Training of one model and seed: column name -> one value per epoch, None where undefined."""

    model: str
    seed: int
    columns: Mapping[str, list[Any]]


@dataclass(frozen=True)
class DenoisedSet:
    """One denoised caption set and seed.

    Attributes:
        captions: name of the set.
        keeps: what is true of captions that it keeps, in words.
        kept: how many captions it keeps.
        dropped: how many it does not.
    """

    captions: str
    seed: str
    keeps: str
    kept: int
    dropped: int

    @property
    def percent_dropped(self) -> float:
        """Share of the captions that were dropped."""
        return 100 * self.dropped / max(self.kept + self.dropped, 1)


def read_history(path: Path) -> History:
    """Read the training history of one model and seed."""
    table = read_table(path)
    metadata = table_metadata(table)
    return History(
        model=_require(metadata, "model", path),
        seed=int(_require(metadata, "seed", path)),
        columns=table.to_pydict(),
    )


def read_named_table(path: Path, columns: Sequence[str], *, key: str) -> tuple[str, pa.Table]:
    """Columns of a table, after the name that its metadata gives it."""
    table = read_table(path, columns)
    return _require(table_metadata(table), key, path), table


def read_denoised(path: Path) -> DenoisedSet:
    """Count what one caption set and seed keeps."""
    table = read_table(path, ["kept"])
    metadata = table_metadata(table)
    kept = pc.sum(table["kept"]).as_py() or 0
    return DenoisedSet(
        captions=_require(metadata, "captions", path),
        seed=_require(metadata, "seed", path),
        keeps=_require(metadata, "keeps", path),
        kept=kept,
        dropped=table.num_rows - kept,
    )


def read_split_counts(path: Path) -> list[tuple[str, int, int]]:
    """Split, number of captions and number of videos, for each split of a captions table.

    Raises:
        DatasetError: it is no table of captions.
    """
    captions = read_captions(path)
    counts = Counter(caption.split for caption in captions)
    videos = Counter(of_video[0].split for of_video in by_video(captions).values())
    return [(split, counts[split], videos[split]) for split in SPLITS if counts[split]]


def _require(metadata: Mapping[str, str], key: str, path: Path) -> str:
    if key not in metadata:
        raise StoreError(f"{path} does not say its {key}. Delete it to make it again.")
    return metadata[key]
