"""What evaluate_model wrote, read into plain records. Checks shape, computes nothing."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
)

from teachtext.config.teachers import ModelSeed, ModelSeedText, teacher_labels
from teachtext.config.training import TrainingSettings
from teachtext.errors import StoreError
from teachtext.files.hashing import file_sha256
from teachtext.store.json_files import first_finding, read_json
from teachtext.store.tables import read_table, table_metadata
from teachtext.store.versions import MADE_BY, check_stamp
from teachtext.store.weights import WeightsIdentity

Direction = Literal["t2v", "v2t"]
DIRECTIONS: tuple[Direction, ...] = ("t2v", "v2t")
FOUND_COLUMNS = ("query_id", "query", "video_id", "rank", "top", "top_similarities")
EVALUATION_SHA256 = "evaluation_sha256"
"""Key in the metadata of the ranks: SHA-256 of the JSON file that lies beside them."""
DETAILS = ("weights", "own_parts", "rival", "rival_parts", "sampled")
"""Columns that ``details`` adds to the ranks."""
_ByDirection = Mapping[Direction, Mapping[str, float]]


def _both(metrics: _ByDirection) -> _ByDirection:
    for direction in DIRECTIONS:
        if direction not in metrics:
            raise ValueError(f"there is no {direction!r}")
    return metrics


def _labels(opinions: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(teacher_labels(map(ModelSeed.parse, opinions)))


def _by_name(weights: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return {"text": weights["text"], **weights["experts"]}
    except (KeyError, TypeError) as error:
        raise ValueError(f"no text and experts in it ({error!r})") from None


@dataclass(frozen=True)
class Evaluation:
    """One model and seed on the test split, with what it was trained from.

    Attributes:
        model_sha256: Identity of the model.
        settings: Section ``evaluate`` of the configuration.
        section: Section of the configuration that names the model.
        models: Section ``models`` of the configuration, with the model's overrides.
        training: Section ``training`` of the configuration, with the model's overrides; None if not
            trained.
        teachers: Models it was distilled from; empty for a baseline.
        opinions: Each seed of each teacher.
        captions: Caption set it was trained on: ``all`` or a denoised one.
        best_epoch: Epoch with the best validation score, counted from 0; None if not trained.
        val: Metrics on val by direction and metric name, recalls in percent; they chose the epoch.
            None if the data set has no val.
        test: Metrics on test, in the same form.
        weights: Name and hash of the frozen networks' weights, by ``text`` or expert name.
        versions: Versions of the packages that evaluated it.
        normalized: Metrics on test by normalisation, from normalised similarities; a normalisation
            may have one direction only.
        ranks: (queries,) Rank of each query's own video by direction, counted from 0 and in the
            order of the query IDs.
        text_queries: Query ID, text and video ID of each text-to-video rank.
        own_captions: (videos,) Number of test captions of each test video.
        ranks_path: Table of the results of each query.
    """

    model: str
    seed: int
    model_sha256: str
    settings: Mapping[str, Any]
    section: str
    models: Mapping[str, Any]
    training: Mapping[str, Any] | None
    text_encoder: str
    experts: tuple[str, ...]
    teachers: Annotated[tuple[str, ...], AfterValidator(_labels)]
    opinions: Annotated[tuple[ModelSeedText, ...], Field(validation_alias="teachers")]
    captions: str
    parameters: int
    best_epoch: int | None
    val: Annotated[_ByDirection, AfterValidator(_both)] | None
    test: Annotated[_ByDirection, AfterValidator(_both)]
    normalized: Annotated[Mapping[str, _ByDirection], Field(validation_alias="test_normalized")]
    weights: Annotated[Mapping[str, WeightsIdentity], BeforeValidator(_by_name)]
    versions: Mapping[str, str]
    ranks: Mapping[Direction, NDArray[np.float64]]
    text_queries: pa.Table
    own_captions: NDArray[np.int64]
    ranks_path: Path
    __pydantic_config__: ClassVar = ConfigDict(arbitrary_types_allowed=True)

    @property
    def facts(self) -> dict[str, Any]:
        """What it was made with, as plain values; keys are those of the configuration."""
        training = self.training
        return {
            "model": self.model,
            "seed": self.seed,
            "model_sha256": self.model_sha256,
            "evaluate": dict(self.settings),
            "section": self.section,
            "models": dict(self.models),
            "training": training and TrainingSettings.model_validate(training).content(),
            "text_encoder": self.text_encoder,
            "experts": list(self.experts),
            "teachers": [str(opinion) for opinion in self.opinions],
            "captions": self.captions,
        }

    @property
    def epochs(self) -> int:
        """How long it was trained."""
        return 0 if self.training is None else int(self.training["epochs"])


_EVALUATIONS = TypeAdapter(Evaluation)


@dataclass(frozen=True)
class Found:
    """The results of one text query, best first.

    Attributes:
        video_id: ID of the query's own video.
        rank: Rank of the own video, counted from 0; ties share their mean.
        top: IDs of the videos found.
        similarities: Similarity of each video in ``top``.
        weights: Mixture weight by expert.
        own_parts: Contribution of each expert to the similarity of the query's own video.
        rival: ID of the most similar other video, or of the own video if there is no other.
        rival_parts: Contribution of each expert to the similarity of the rival.
    """

    query_id: str
    caption: str
    video_id: str
    rank: float
    top: tuple[str, ...]
    similarities: tuple[float, ...]
    weights: Mapping[str, float]
    own_parts: Mapping[str, float]
    rival: str
    rival_parts: Mapping[str, float]


@dataclass(frozen=True)
class Details:
    """How one model and seed weighs its experts, and a sample of its similarities.

    Attributes:
        experts: Names of the M experts.
        weights_QM: (captions, experts) Mixture weights of all test captions, in the order of the
            caption IDs.
        captions: IDs of the S drawn captions, each of a different video.
        sampled_SS: (S, S) Similarities of the drawn captions to their videos, in the order of
            ``captions``.
        top_QK: (captions, K) Best results of all test captions, in the order of the caption IDs;
            videos are numbered in the order of their IDs.
    """

    experts: tuple[str, ...]
    weights_QM: NDArray[np.float64]
    captions: tuple[str, ...]
    sampled_SS: NDArray[np.float64]
    top_QK: NDArray[np.int64]


def read_evaluation(path: Path) -> Evaluation:
    """Read one evaluation and the ranks that lie beside it.

    Raises:
        StoreError: A file is missing, damaged, of another version, or lacks a value; or the two
            files are of two evaluations.
    """
    values = read_json(path)
    check_stamp(values.get(MADE_BY), path)
    ranks_path = path.with_suffix(".parquet")
    ranks = read_table(ranks_path, ["direction", "query_id", "query", "video_id", "rank"])
    if table_metadata(ranks).get(EVALUATION_SHA256) != file_sha256(path):
        raise StoreError(
            f"{ranks_path} does not belong to {path}. Delete both and run snakemake again."
        )
    try:
        return _EVALUATIONS.validate_python(values | _ranks(ranks) | {"ranks_path": ranks_path})
    except ValidationError as error:
        raise StoreError(
            f"{path} is not an evaluation of this version ({first_finding(error)}). Delete it to "
            "evaluate again."
        ) from None


def _ranks(table: pa.Table) -> dict[str, Any]:
    table = table.sort_by("query_id")
    by_direction = {
        direction: table.filter(pc.equal(table["direction"], direction)) for direction in DIRECTIONS
    }
    own_captions = by_direction["t2v"]["video_id"].value_counts().field("counts")
    return {
        "ranks": {
            direction: np.asarray(rows["rank"], dtype=np.float64)
            for direction, rows in by_direction.items()
        },
        "text_queries": by_direction["t2v"].select(["query_id", "query", "video_id"]),
        "own_captions": np.asarray(own_captions, dtype=np.int64),
    }


def read_text_query_ranks(path: Path) -> dict[str, float]:
    """Rank of every text query of a ranks table, by query id and in its order."""
    table = _text_queries(path, ["query_id", "rank"]).sort_by("query_id")
    return dict(zip(table["query_id"].to_pylist(), table["rank"].to_pylist(), strict=True))


def read_found(path: Path, query_ids: Iterable[str]) -> dict[str, Found]:
    """What the given text queries found, by query id."""
    table = _text_queries(path, [*FOUND_COLUMNS, *DETAILS[:-1]])
    experts = _names(table, "experts", path)
    wanted = pc.is_in(table["query_id"], pa.array(list(query_ids), table["query_id"].type))
    return {
        row["query_id"]: Found(
            query_id=row["query_id"],
            caption=row["query"],
            video_id=row["video_id"],
            rank=row["rank"],
            top=tuple(row["top"]),
            similarities=tuple(row["top_similarities"]),
            weights=dict(zip(experts, row["weights"], strict=True)),
            own_parts=dict(zip(experts, row["own_parts"], strict=True)),
            rival=row["rival"],
            rival_parts=dict(zip(experts, row["rival_parts"], strict=True)),
        )
        for row in table.filter(wanted).to_pylist()
    }


def read_details(path: Path) -> Details:
    """Read what a ranks table keeps beside the ranks.

    Raises:
        StoreError: The table is damaged, or another version wrote it.
    """
    table = read_table(path, ["direction", "query_id", "top", *DETAILS]).sort_by("query_id")
    experts, captions = _names(table, "experts", path), _names(table, "sample", path)
    videos = table.filter(pc.equal(table["direction"], "v2t"))["query_id"]
    texts = table.filter(pc.equal(table["direction"], "t2v"))
    drawn = texts.filter(pc.is_valid(texts["sampled"]))
    row_of = {caption: row for row, caption in enumerate(drawn["query_id"].to_pylist())}
    found = pc.index_in(pc.list_flatten(texts["top"]), value_set=videos.combine_chunks())
    return Details(
        experts,
        _matrix(texts["weights"], len(experts)),
        captions,
        _matrix(drawn["sampled"], len(captions))[[row_of[caption] for caption in captions]],
        np.asarray(found, dtype=np.int64).reshape(texts.num_rows, -1),
    )


def _matrix(column: pa.ChunkedArray, width: int) -> NDArray[np.float64]:
    flat = pc.list_flatten(column)
    return np.asarray(flat, dtype=np.float64).reshape(len(column), width)


def _names(table: pa.Table, key: str, path: Path) -> tuple[str, ...]:
    metadata = table_metadata(table)
    if key not in metadata:
        raise StoreError(f"{path} does not say its {key}. Delete it to evaluate again.")
    return tuple(json.loads(metadata[key]))


def _text_queries(path: Path, columns: list[str]) -> pa.Table:
    table = read_table(path, ["direction", *columns])
    return table.filter(pc.equal(table["direction"], "t2v")).select(columns)
