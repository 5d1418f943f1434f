"""What earlier stages wrote, read into plain records. Checks shape, computes nothing."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from teachtext.errors import StoreError

Direction = Literal["t2v", "v2t"]
DIRECTIONS: tuple[Direction, ...] = ("t2v", "v2t")


@dataclass(frozen=True)
class Evaluation:
    """One model and seed on the test split, with what it was trained from.

    Attributes:
        section: section of the configuration that names the model.
        models: section of the configuration, with the row's overrides.
        training: likewise; None: nothing was trained.
        teachers: models it was distilled from, none for a baseline.
        captions: the caption set it was trained on, ``all`` or a denoised one.
        best_epoch: epoch with the best validation score, from 0; None: nothing was trained.
        val: direction -> metric name -> value, recalls in percent; the epoch was chosen by it.
            None: the data set has no val.
        test: likewise.
        normalized: the same by normalised similarities; one way may have one direction only.
        ranks: direction -> rank of each query's own video, from 0; in the order of the query ids.
        text_queries: query id and video id of the text-to-video ranks.
        own_captions: how many test captions each test video has.
        ranks_path: the table with what was found for each query.
    """

    model: str
    seed: int
    section: str
    models: Mapping[str, Any]
    training: Mapping[str, Any] | None
    text_encoder: str
    experts: tuple[str, ...]
    teachers: tuple[str, ...]
    captions: str
    parameters: int
    best_epoch: int | None
    val: Mapping[Direction, Mapping[str, float]] | None
    test: Mapping[Direction, Mapping[str, float]]
    normalized: Mapping[str, Mapping[Direction, Mapping[str, float]]]
    ranks: Mapping[Direction, NDArray[np.float64]]
    text_queries: pa.Table
    own_captions: NDArray[np.int64]
    ranks_path: Path

    @property
    def epochs(self) -> int:
        """How long it was trained."""
        return 0 if self.training is None else int(self.training["epochs"])


@dataclass(frozen=True)
class History:
    """Training of one model and seed: column name -> one value per epoch, None where undefined."""

    model: str
    seed: int
    columns: Mapping[str, list[Any]]


@dataclass(frozen=True)
class Found:
    """What one text query found, best first.

    Attributes:
        video_id: the query's own video.
        rank: rank of that video, from 0; ties share their mean.
        top: video ids.
        similarities: similarity of each of ``top``.
    """

    query_id: str
    caption: str
    video_id: str
    rank: float
    top: tuple[str, ...]
    similarities: tuple[float, ...]


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


def read_evaluation(path: Path) -> Evaluation:
    """Read one evaluation and the ranks that lie beside it.

    Raises:
        StoreError: a file is missing, damaged or lacks a value.
    """
    values = _read_json(path)
    ranks_path = path.with_suffix(".parquet")
    table = read_table(ranks_path, ["direction", "query_id", "video_id", "rank"])
    table = table.sort_by("query_id")
    by_direction = {
        direction: table.filter(pc.equal(table["direction"], direction)) for direction in DIRECTIONS
    }
    own_captions = by_direction["t2v"]["video_id"].value_counts().field("counts")
    try:
        return Evaluation(
            model=str(values["model"]),
            seed=int(values["seed"]),
            section=str(values["section"]),
            models=dict(values["models"]),
            training=None if values["training"] is None else dict(values["training"]),
            text_encoder=str(values["text_encoder"]),
            experts=tuple(map(str, values["experts"])),
            teachers=tuple(map(str, values["teachers"])),
            captions=str(values["captions"]),
            parameters=int(values["parameters"]),
            best_epoch=None if values["best_epoch"] is None else int(values["best_epoch"]),
            val=None if values["val"] is None else _by_direction(values["val"]),
            test=_by_direction(values["test"]),
            normalized=dict(values["test_normalized"]),
            ranks={direction: _floats(rows["rank"]) for direction, rows in by_direction.items()},
            text_queries=by_direction["t2v"].select(["query_id", "video_id"]),
            own_captions=np.asarray(own_captions, dtype=np.int64),
            ranks_path=ranks_path,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise StoreError(
            f"{path} is not an evaluation of this version ({error!r}). Delete it to evaluate again."
        ) from error


def _by_direction(metrics: Mapping[str, Any]) -> dict[Direction, dict[str, float]]:
    return {direction: dict(metrics[direction]) for direction in DIRECTIONS}


def read_history(path: Path) -> History:
    """Read the training history of one model and seed."""
    table = read_table(path)
    metadata = _metadata(table)
    return History(
        model=_require(metadata, "model", path),
        seed=int(_require(metadata, "seed", path)),
        columns=table.to_pydict(),
    )


def read_named_table(path: Path, columns: list[str], *, key: str) -> tuple[str, pa.Table]:
    """Columns of a table, after the name that its metadata gives it."""
    table = read_table(path, columns)
    return _require(_metadata(table), key, path), table


def read_text_query_ranks(path: Path) -> dict[str, float]:
    """Rank of every text query of a ranks table, by query id and in its order."""
    table = _text_queries(path, ["query_id", "rank"]).sort_by("query_id")
    return dict(zip(table["query_id"].to_pylist(), table["rank"].to_pylist(), strict=True))


def read_found(path: Path, query_ids: Iterable[str]) -> dict[str, Found]:
    """What the given text queries found, by query id."""
    columns = ["query_id", "query", "video_id", "rank", "top", "top_similarities"]
    table = _text_queries(path, columns)
    wanted = pc.is_in(table["query_id"], pa.array(list(query_ids), table["query_id"].type))
    return {
        row["query_id"]: Found(
            query_id=row["query_id"],
            caption=row["query"],
            video_id=row["video_id"],
            rank=row["rank"],
            top=tuple(row["top"]),
            similarities=tuple(row["top_similarities"]),
        )
        for row in table.filter(wanted).to_pylist()
    }


def read_denoised(path: Path) -> DenoisedSet:
    """Count what one caption set and seed keeps."""
    table = read_table(path, ["kept"])
    metadata = _metadata(table)
    kept = pc.sum(table["kept"]).as_py() or 0
    return DenoisedSet(
        captions=_require(metadata, "captions", path),
        seed=_require(metadata, "seed", path),
        keeps=_require(metadata, "keeps", path),
        kept=kept,
        dropped=table.num_rows - kept,
    )


def read_split_counts(path: Path) -> list[tuple[str, int, int]]:
    """Split, number of captions and number of videos, for each split of a captions table."""
    table = read_table(path, ["video_id", "split"])
    counts = table.group_by("split").aggregate(
        [("video_id", "count"), ("video_id", "count_distinct")]
    )
    order = {"train": 0, "val": 1, "test": 2}
    rows = [
        (row["split"], row["video_id_count"], row["video_id_count_distinct"])
        for row in counts.to_pylist()
    ]
    return sorted(rows, key=lambda row: (order.get(row[0], len(order)), row[0]))


def read_table(path: Path, columns: list[str] | None = None) -> pa.Table:
    """Read columns of a Parquet or CSV table; CSV values stay text.

    Raises:
        StoreError: the file is missing, damaged or lacks a column.
    """
    is_csv = path.suffix.lower() == ".csv"
    try:
        table = _read_csv(path) if is_csv else _read_parquet(path, columns)
    except (OSError, pa.ArrowException) as error:
        raise StoreError(f"Cannot read the table {path}: {error}") from error
    missing = [column for column in columns or [] if column not in table.column_names]
    if missing:
        raise StoreError(f"{path} has no column {', '.join(missing)}.")
    return table.select(columns) if columns else table


def _read_parquet(path: Path, columns: list[str] | None) -> pa.Table:
    # A ParquetFile leaves out the columns that do not exist, and takes no folder for a partition.
    with pq.ParquetFile(path) as file:
        return file.read(columns)


def _read_csv(path: Path) -> pa.Table:
    # A caption may hold line breaks, and ids such as 007 must stay text.
    parse = pa.csv.ParseOptions(newlines_in_values=True)
    with pa.csv.open_csv(path, parse_options=parse) as reader:
        names = reader.schema.names
    convert = pa.csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()))
    return pa.csv.read_csv(path, parse_options=parse, convert_options=convert)


def _read_json(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StoreError(f"Cannot read the evaluation {path}: {error}") from error
    if not isinstance(values, dict):
        raise StoreError(f"{path} is not an evaluation: it holds no JSON object.")
    return values


def _text_queries(path: Path, columns: list[str]) -> pa.Table:
    table = read_table(path, ["direction", *columns])
    return table.filter(pc.equal(table["direction"], "t2v")).select(columns)


def _floats(column: pa.ChunkedArray) -> NDArray[np.float64]:
    return np.asarray(column.to_numpy(), dtype=np.float64)


def _metadata(table: pa.Table) -> dict[str, str]:
    return {key.decode(): value.decode() for key, value in (table.schema.metadata or {}).items()}


def _require(metadata: Mapping[str, str], key: str, path: Path) -> str:
    if key not in metadata:
        raise StoreError(f"{path} does not say its {key}. Delete it to make it again.")
    return metadata[key]
