"""How far students rank like their teachers: numbers of all, heat maps of a few captions."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from teachtext.config.teachers import ModelSeed
from teachtext.errors import StoreError
from teachtext.evaluation.agreement import rank_correlation, top_overlap
from teachtext.evaluation.records import Details, Evaluation
from teachtext.evaluation.spread import Spread, spread
from teachtext.report.curves import Plot
from teachtext.report.plots import draw_matrix
from teachtext.report.summary import ModelSummary

MAX_HEAT_MAPS = 8


@dataclass(frozen=True)
class Agreement:
    """Agreement of a model's rankings with another's, over the seeds that both have.

    Attributes:
        correlation: Spearman's correlation, within a caption, of the similarities of the sample.
        overlap: Percentage of the best results that both models share, over all test captions.
        learned: True if the one model is a teacher of the other.
    """

    teacher: str
    correlation: Spread
    overlap: Spread
    learned: bool


@dataclass(frozen=True)
class AgreementRow:
    """A model and its agreement with each teacher of the models of its section."""

    model: ModelSummary
    cells: tuple[Agreement, ...]


def measure_agreement(
    models: Sequence[ModelSummary], details: Mapping[ModelSeed, Details]
) -> list[AgreementRow]:
    """Compare every student with all teachers in its section, whether its own or not.

    Args:
        models: All models; teachers that were not evaluated here are left out.
        details: Details of every model and seed.
    """
    by_name = {model.model: model for model in models}
    rows = []
    for section in ("students", "pruned"):
        members = [model for model in models if model.section == section]
        taught = dict.fromkeys(name for model in members for name in model.teacher_names)
        teachers = [by_name[name] for name in taught if name in by_name]
        for model in members:
            cells = tuple(
                _agree(model, teacher, details)
                for teacher in teachers
                if set(model.seeds) & set(teacher.seeds)
            )
            if cells:
                rows.append(AgreementRow(model, cells))
    return rows


def plot_heat_maps(
    models: Sequence[ModelSummary], details: Mapping[ModelSeed, Details], *, size: int
) -> list[Plot]:
    """Similarities of the first drawn captions to their videos, for teachers and students.

    All share one colour scale. Row = caption, column = video; matching pairs are on the diagonal.

    Args:
        models: Models in the order of the results table; the first few are drawn.
        details: Details of every model and seed; each model is drawn with its smallest seed.
        size: Number of captions to draw; all of the sample if it has fewer.
    """
    shown = [model for model in models if model.section in {"teachers", "students"}]
    shown = shown[:MAX_HEAT_MAPS]
    values = [
        details[ModelSeed(model.model, model.seeds[0])].sampled_SS[:size, :size] for model in shown
    ]
    if not values:
        return []
    low, high = min(np.min(rows) for rows in values), max(np.max(rows) for rows in values)
    return [
        Plot(
            model.model,
            draw_matrix(f"heat-{place}", rows, low=float(low), high=float(high)),
        )
        for place, (model, rows) in enumerate(zip(shown, values, strict=True))
    ]


def check_samples(evaluations: Sequence[Evaluation], details: Mapping[ModelSeed, Details]) -> None:
    """Refuse samples that cannot be compared.

    Raises:
        StoreError: Two models were evaluated with different samples.
    """
    for first, other in itertools.pairwise(evaluations):
        expected = details[ModelSeed(first.model, first.seed)]
        found = details[ModelSeed(other.model, other.seed)]
        if (found.captions, found.top_QK.shape) != (expected.captions, expected.top_QK.shape):
            raise StoreError(
                f"{other.ranks_path} and {first.ranks_path} keep different samples. "
                "Delete both to evaluate again."
            )


def _agree(
    model: ModelSummary, teacher: ModelSummary, details: Mapping[ModelSeed, Details]
) -> Agreement:
    seeds = [seed for seed in model.seeds if seed in teacher.seeds]
    pairs = [
        (details[ModelSeed(model.model, seed)], details[ModelSeed(teacher.model, seed)])
        for seed in seeds
    ]
    return Agreement(
        teacher.model,
        spread([rank_correlation(one.sampled_SS, other.sampled_SS) for one, other in pairs]),
        spread([top_overlap(one.top_QK, other.top_QK) for one, other in pairs]),
        teacher.model in model.teacher_names,
    )
