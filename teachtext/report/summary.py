"""Models over their seeds: means, spreads, fair comparisons and chance. Numbers in, numbers out."""

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from teachtext.config.models import SECTIONS, Section
from teachtext.evaluation.metrics import METRICS, RECALL_AT
from teachtext.evaluation.records import Direction, Evaluation
from teachtext.evaluation.spread import Spread, spread

LOWER_IS_BETTER = ("MdR", "MnR")
UNTRAINED = ("zero_shot", "released")
ALL_CAPTIONS = "all"
DIRECTION_NAMES: dict[Direction, str] = {"t2v": "Text to video", "v2t": "Video to text"}
# Middle tones: each has a contrast of at least 3 on a white and on a near-black page.
COLORS = (
    "#3b7dd8", "#d9730d", "#2e9e5b", "#d6455d", "#9467d6",
    "#1598ad", "#a0704a", "#d558a8", "#94900f", "#7f8794",
)  # fmt: skip

OF_TEACHERS = ("distillation_", "teacher_")
"""Beginnings of the settings of training that teachers bring along."""
OF_MACHINES = ("threads", "gpus", "precision", "compile", "tensorboard")
"""Settings of training that say where it runs, not what is learned."""

ComparisonKind = Literal["distillation", "denoising", "pruning", "pruned"]
TOPICS: Mapping[ComparisonKind, str] = {
    "distillation": "Distillation",
    "denoising": "Denoising",
    "pruning": "Pruning",
    "pruned": "Distillation with fewer experts",
}
"""What each kind of comparison is called, the main one first."""
_Verdict = Literal["better", "within", "worse", "one seed"]


@dataclass(frozen=True)
class ModelSummary:
    """One model over its seeds; what is not explained here is explained in ``Evaluation``.

    Attributes:
        place: Place in the results table, counted from 0.
    """

    place: int
    model: str
    section: str
    models: Mapping[str, Any]
    training: Mapping[str, Any] | None
    text_encoder: str
    experts: tuple[str, ...]
    teachers: tuple[str, ...]
    captions: str
    parameters: int
    seeds: tuple[int, ...]
    test: Mapping[Direction, Mapping[str, Spread]]
    normalized: Mapping[str, Mapping[Direction, Mapping[str, Spread]]]

    @property
    def key(self) -> str:
        """Short name, the same in every plot; the page highlights lines by it."""
        return f"m{self.place}"

    @property
    def color(self) -> str:
        """Colour in every plot; they repeat after ten models."""
        return COLORS[self.place % len(COLORS)]

    @property
    def teacher_names(self) -> tuple[str, ...]:
        """Names of its teachers, without the remark of how many seeds of each taught."""
        return tuple(label.split(" ")[0] for label in self.teachers)

    @property
    def headline(self) -> Spread:
        """The number by which models are compared: text-to-video geometric mean."""
        return self.test["t2v"]["geometric_mean"]


@dataclass(frozen=True)
class Comparison:
    """Two models that differ in one thing only, or a pruned one and the student that taught it."""

    kind: ComparisonKind
    model: ModelSummary
    reference: ModelSummary

    @property
    def names(self) -> tuple[str, str]:
        """Of the model and its reference."""
        return self.model.model, self.reference.model

    @property
    def difference(self) -> float:
        """Points of geometric mean by which the model is above its reference."""
        return self.model.headline.mean - self.reference.headline.mean

    @property
    def combined_std(self) -> float | None:
        """Standard deviation of the difference."""
        return combined_std(self.model.headline, self.reference.headline)

    @property
    def verdict(self) -> _Verdict:
        """What the difference says, seen against the spread of the seeds."""
        if self.combined_std is None:
            return "one seed"
        if abs(self.difference) < self.combined_std or self.difference == 0:
            return "within"
        return "better" if self.difference > 0 else "worse"


def combined_std(one: Spread, other: Spread) -> float | None:
    """Standard deviation of the difference of two models, None if either has only one seed."""
    return None if one.std is None or other.std is None else math.hypot(one.std, other.std)


def summarize_models(evaluations: Sequence[Evaluation]) -> list[ModelSummary]:
    """One summary per model: sections in the order of the method, models in the given order."""
    groups = seeds_of_models(evaluations).values()
    ordered = sorted(groups, key=lambda seeds: SECTIONS.index(cast("Section", seeds[0].section)))
    return [_summarize_model(place, seeds) for place, seeds in enumerate(ordered)]


def seeds_of_models(evaluations: Iterable[Evaluation]) -> dict[str, list[Evaluation]]:
    """Evaluations by model, in the given order."""
    by_model: dict[str, list[Evaluation]] = {}
    for evaluation in evaluations:
        by_model.setdefault(evaluation.model, []).append(evaluation)
    return by_model


def compare(models: Sequence[ModelSummary]) -> list[Comparison]:
    """Every pair that differs only in having teachers, captions or pruned experts, by kind."""
    pairs: list[Comparison] = []
    for model in models:
        for reference in models:
            if _has_pruned(model, reference):
                pairs.append(Comparison("pruning", model, reference))
            if not _same_network(model, reference):
                continue
            if model.teachers and not reference.teachers and model.captions == reference.captions:
                kind: ComparisonKind = "pruned" if model.section == "pruned" else "distillation"
                pairs.append(Comparison(kind, model, reference))
            if (
                model.captions != ALL_CAPTIONS == reference.captions
                and model.teachers == reference.teachers
                and (not model.teachers or model.training == reference.training)
            ):
                pairs.append(Comparison("denoising", model, reference))
    # Of two denoised pairs, the one of the distilled student says more.
    kinds = list(TOPICS)
    return sorted(pairs, key=lambda pair: (kinds.index(pair.kind), not pair.model.teachers))


def best_as_shown(models: Sequence[ModelSummary], direction: Direction, metric: str) -> set[str]:
    """Models with the best mean of a column, among equals as they are printed, in tenths."""
    if not models:
        return set()
    means = {model.model: round(model.test[direction][metric].mean, 1) for model in models}
    best = min(means.values()) if metric in LOWER_IS_BETTER else max(means.values())
    return {name for name, mean in means.items() if mean == best}


def ranked_items(evaluation: Evaluation, direction: Direction) -> tuple[int, NDArray[np.int64]]:
    """Size of the gallery, and (queries,) how many of its items are right for each query."""
    own = evaluation.own_captions
    targets = np.ones_like(own) if direction == "t2v" else own
    return int(evaluation.test[direction]["gallery"]), targets


def chance_found(gallery: int, targets: NDArray[np.int64]) -> NDArray[np.float64]:
    """(gallery,) Share of queries with a right item among the first 1, 2, … of a random order.

    Args:
        gallery: Number of items ranked.
        targets: (queries,) Number of right items for each query.
    """
    counts, queries = np.unique(np.minimum(targets, gallery), return_counts=True)
    ranks = np.arange(gallery)
    # P(none of c right ones among the first k) is a product over the k places.
    missed = [np.cumprod(np.clip(gallery - c - ranks, 0, None) / (gallery - ranks)) for c in counts]
    return np.asarray(1 - np.average(missed, axis=0, weights=queries))


def chance_level(gallery: int, targets: NDArray[np.int64]) -> dict[str, float]:
    """Expected metrics of a random order; the arguments are those of ``chance_found``."""
    found = chance_found(gallery, targets)
    recalls = {f"R@{k}": 100 * float(found[min(k, gallery) - 1]) for k in RECALL_AT}
    return {
        **recalls,
        "MdR": _median_rank(found),
        "MnR": float(np.mean((gallery + 1) / (targets + 1))),
        "geometric_mean": statistics.geometric_mean(recalls[f"R@{k}"] for k in (1, 5, 10)),
    }


def _median_rank(found: NDArray[np.float64]) -> float:
    tolerance = 1e-9  # the cumulative product reaches one half only up to rounding
    lower = int(np.argmax(found >= 0.5 - tolerance))
    upper = int(np.argmax(found > 0.5 + tolerance))
    return 1 + (lower + upper) / 2


def _has_pruned(model: ModelSummary, reference: ModelSummary) -> bool:
    """Whether the model looks through fewer experts than the student that is its only teacher."""
    return (
        model.section == "pruned"
        and reference.section == "students"
        and model.teacher_names == (reference.model,)
        and set(model.experts) < set(reference.experts)
    )


def _same_network(model: ModelSummary, other: ModelSummary) -> bool:
    return (
        model.section == other.section
        and model.models == other.models
        and without_teachers(model) == without_teachers(other)
        and model.text_encoder == other.text_encoder
        and set(model.experts) == set(other.experts)
    )


def without_teachers(model: ModelSummary) -> dict[str, Any]:
    """What decides how a model is trained, without what its teachers bring along."""
    return {
        key: value
        for key, value in (model.training or {}).items()
        if not key.startswith(OF_TEACHERS) and key not in OF_MACHINES
    }


def _summarize_model(place: int, evaluations: Sequence[Evaluation]) -> ModelSummary:
    first = evaluations[0]
    return ModelSummary(
        place=place,
        model=first.model,
        section=first.section,
        models=first.models,
        training=first.training,
        text_encoder=first.text_encoder,
        experts=first.experts,
        teachers=first.teachers,
        captions=first.captions,
        parameters=first.parameters,
        seeds=tuple(sorted(evaluation.seed for evaluation in evaluations)),
        test=_spreads([evaluation.test for evaluation in evaluations]),
        normalized={
            name: _spreads([evaluation.normalized[name] for evaluation in evaluations])
            for name in first.normalized
        },
    )


def _spreads(
    seeds: Sequence[Mapping[Direction, Mapping[str, float]]],
) -> dict[Direction, dict[str, Spread]]:
    return {
        direction: {
            metric: spread([seed[direction][metric] for seed in seeds]) for metric in METRICS
        }
        for direction in seeds[0]
    }
