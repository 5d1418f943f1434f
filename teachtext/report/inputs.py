"""What stages other than evaluate_model wrote, read into plain records. Computes nothing."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from teachtext.errors import StoreError
from teachtext.files.hashing import file_sha256
from teachtext.store.tables import read_table, table_metadata
from teachtext.store.versions import MADE_BY, check_stamp
from teachtext.store.weights import CARD, model_sha256
from teachtext.tables.dataset import SPLITS, by_video, read_captions

AGAIN = "Delete it and run snakemake again."


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
        path: Table of the set.
        sha256: Hash of that file.
        settings: Entry of the set in config.yaml, when it was made.
        teachers: Teachers of the set, each as ``name/seed``.
        captions: Name of the set.
        keeps: Description of the captions that the set keeps.
        kept: Number of captions kept.
        dropped: Number of captions dropped.
    """

    path: Path
    sha256: str
    settings: Mapping[str, Any]
    teachers: tuple[str, ...]
    captions: str
    seed: str
    keeps: str
    kept: int
    dropped: int

    @property
    def percent_dropped(self) -> float:
        """Share of the captions that were dropped."""
        return 100 * self.dropped / max(self.kept + self.dropped, 1)


@dataclass(frozen=True)
class ModelRecord:
    """The directory of one model and seed.

    Attributes:
        folder: Where it lies.
        sha256: Identity of the model.
        card: Card of the model, read from its config.json.
    """

    folder: Path
    sha256: str
    card: Mapping[str, Any]

    @property
    def name(self) -> str:
        """In config.yaml."""
        return str(self.card["model"])

    @property
    def seed(self) -> int:
        """Of its training."""
        return int(self.card["seed"])


def read_model(folder: Path) -> ModelRecord:
    """Read what a model is, and hash it.

    Raises:
        StoreError: No model directory, or one of another version.
    """
    sha256 = model_sha256(folder)
    try:
        card = json.loads((folder / CARD).read_text(encoding="utf-8"))
        check_stamp(card.get(MADE_BY), folder)
    except (ValueError, AttributeError) as error:
        raise StoreError(f"{folder} is no model directory ({error}). {AGAIN}") from None
    return ModelRecord(folder, sha256, card)


def histories_of(models: Iterable[ModelRecord]) -> list[History]:
    """Of those that were trained."""
    trained = (model for model in models if model.card["training"] is not None)
    return [read_history(model.folder / "history.parquet") for model in trained]


def read_runs(path: Path) -> list[dict[str, Any]]:
    """``Evaluation.facts`` of all that a Pareto table was made from.

    Raises:
        StoreError: It is damaged, or of another version.
    """
    metadata = table_metadata(read_table(path))
    check_stamp(metadata.get(MADE_BY), path)
    runs: list[dict[str, Any]] = json.loads(_require(metadata, "runs", path))
    return runs


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
    check_stamp(metadata.get(MADE_BY), path)
    kept = pc.sum(table["kept"]).as_py() or 0
    return DenoisedSet(
        path=path,
        sha256=file_sha256(path),
        settings=json.loads(_require(metadata, "settings", path)),
        teachers=tuple(_require(metadata, "teachers", path).split()),
        captions=_require(metadata, "captions", path),
        seed=_require(metadata, "seed", path),
        keeps=_require(metadata, "keeps", path),
        kept=kept,
        dropped=table.num_rows - kept,
    )


def read_split_counts(path: Path) -> list[tuple[str, int, int]]:
    """Split, number of captions and number of videos, for each split of a captions table.

    Raises:
        DatasetError: It is no table of captions.
    """
    captions = read_captions(path)
    counts = Counter(caption.split for caption in captions)
    videos = Counter(of_video[0].split for of_video in by_video(captions).values())
    return [(split, counts[split], videos[split]) for split in SPLITS if counts[split]]


def _require(metadata: Mapping[str, str], key: str, path: Path) -> str:
    if key not in metadata:
        raise StoreError(f"{path} does not say its {key}. Delete it to make it again.")
    return metadata[key]
