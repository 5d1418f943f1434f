"""The results and cost tables: what each cell says. Records in, records out."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from teachtext.evaluation.metrics import METRICS
from teachtext.evaluation.records import DIRECTIONS, Direction, Evaluation
from teachtext.evaluation.spread import Spread
from teachtext.report.inputs import History
from teachtext.report.summary import (
    DIRECTION_NAMES,
    ModelSummary,
    best_as_shown,
    chance_level,
    ranked_items,
)

LABELS = {metric: metric for metric in METRICS} | {"geometric_mean": "Geometric mean"}
NORMALIZATIONS = {
    "qb-norm": ("QB-Norm", "by what training captions find: a search sees no other query"),
    "dual-softmax": (
        "dual softmax",
        "by what all test queries find: it sees them at once, as no search engine does",
    ),
}
"""Normalization -> its name, and how it is to be read."""
SECTION_HEADINGS = {
    "zero_shot": (
        "zero-shot: nothing trained",
        "cosine of a caption and the mean of a video's unit rows; one result, whatever the seed",
    ),
    "released": ("released", "weights that others trained; one result, whatever the seed"),
}
"""Section -> heading and remark, where it is not its name alone."""


@dataclass(frozen=True)
class ResultRow:
    """One model and its metrics in one direction.

    Attributes:
        addition: Normalisation of the similarities; empty if there is none.
        cells: Value of each metric, and whether it is the best student's.
    """

    addition: str
    model: ModelSummary
    experts: tuple[str, ...]
    cells: tuple[tuple[Spread, bool], ...]


@dataclass(frozen=True)
class ResultSection:
    """A heading, a remark or nothing, and the rows below."""

    name: str
    remark: str
    rows: tuple[ResultRow, ...]


@dataclass(frozen=True)
class ResultTable:
    """One direction: sections with their rows, and the results of a random order.

    Attributes:
        sections: Sections of the results without normalisation.
        normalized: Sections of each normalisation that has this direction.
    """

    direction: Direction
    name: str
    columns: tuple[str, ...]
    sections: tuple[ResultSection, ...]
    normalized: tuple[ResultSection, ...]
    chance: tuple[float, ...]
    queries: int
    gallery: int


@dataclass(frozen=True)
class CostRow:
    """What the training of one model took."""

    model: ModelSummary
    epochs: str
    best_epochs: str
    seconds_per_epoch: float
    peak_memory_mebibytes: float


def result_tables(models: Sequence[ModelSummary], first: Evaluation) -> list[ResultTable]:
    """One table per direction.

    Args:
        models: Models grouped by section.
        first: Any evaluation; all of them share the test split, which determines the chance level.
    """
    tables = []
    for direction in DIRECTIONS:
        gallery, targets = ranked_items(first, direction)
        chance = chance_level(gallery, targets)
        tables.append(
            ResultTable(
                direction=direction,
                name=DIRECTION_NAMES[direction],
                columns=tuple(LABELS.values()),
                sections=_sections(models, direction),
                normalized=_normalized_sections(models, direction),
                chance=tuple(chance[metric] for metric in METRICS),
                queries=len(first.ranks[direction]),
                gallery=gallery,
            )
        )
    return tables


def cost_rows(
    models: Sequence[ModelSummary],
    evaluations: Sequence[Evaluation],
    histories: Sequence[History],
) -> list[CostRow]:
    """Epochs, time and memory of each model that has a history."""
    rows = []
    for model in models:
        runs = [history for history in histories if history.model == model.model]
        seconds = [value for run in runs for value in run.columns["seconds"]]
        if not seconds:
            continue
        tested = [evaluation for evaluation in evaluations if evaluation.model == model.model]
        peak = max(value for run in runs for value in run.columns["peak_memory_bytes"])
        rows.append(
            CostRow(
                model=model,
                epochs=_join(evaluation.epochs for evaluation in tested),
                best_epochs=_join(
                    e for evaluation in tested if (e := evaluation.best_epoch) is not None
                ),
                seconds_per_epoch=statistics.fmean(seconds),
                peak_memory_mebibytes=peak / 2**20,
            )
        )
    return rows


def describe_experts(experts: Sequence[str], every: set[str]) -> tuple[str, ...]:
    """Names of the experts, or ``all 5`` for a model that uses every one of the run."""
    if len(every) > 1 and set(experts) == every:
        return (f"all {len(every)}",)
    return tuple(experts)


def _sections(models: Sequence[ModelSummary], direction: Direction) -> tuple[ResultSection, ...]:
    students = [model for model in models if model.section == "students"]
    best = {metric: best_as_shown(students, direction, metric) for metric in METRICS}
    rows = _rows([(model, model.test[direction]) for model in models], best=best)
    sections = []
    for section, members in groupby(rows, lambda row: row.model.section):
        heading, remark = SECTION_HEADINGS.get(section, (section, ""))
        sections.append(ResultSection(heading, remark, tuple(members)))
    return tuple(sections)


def _normalized_sections(
    models: Sequence[ModelSummary], direction: Direction
) -> tuple[ResultSection, ...]:
    sections = []
    for key, (name, remark) in NORMALIZATIONS.items():
        found = [(model, model.normalized.get(key, {}).get(direction)) for model in models]
        members = [(model, spreads) for model, spreads in found if spreads is not None]
        if members:
            rows = _rows(members, best={}, addition=f"+ {name}")
            sections.append(ResultSection(name, remark, tuple(rows)))
    return tuple(sections)


def _rows(
    members: Sequence[tuple[ModelSummary, Mapping[str, Spread]]],
    *,
    best: Mapping[str, set[str]],
    addition: str = "",
) -> list[ResultRow]:
    every = {expert for model, _ in members for expert in model.experts}
    return [
        ResultRow(
            addition=addition,
            model=model,
            experts=describe_experts(model.experts, every),
            cells=tuple(
                (spreads[metric], model.model in best.get(metric, ())) for metric in METRICS
            ),
        )
        for model, spreads in members
    ]


def _join(values: Iterable[int]) -> str:
    return ", ".join(str(value) for value in values)
