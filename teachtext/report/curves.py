"""The lines of the plots: training histories and recalls, mean and range over seeds."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from teachtext.evaluation.records import Direction, Evaluation
from teachtext.report.inputs import History
from teachtext.report.plots import INK, Line, draw_lines
from teachtext.report.summary import DIRECTION_NAMES, ModelSummary, chance_found, ranked_items

MAX_K = 50
TRAINING_PLOTS = {
    "val_t2v_geometric_mean": ("Validation, text to video", "geometric mean, %"),
    "val_v2t_geometric_mean": ("Validation, video to text", "geometric mean, %"),
    "ranking_loss": ("Ranking loss", "loss"),
    "distillation_loss": ("Distillation loss", "loss"),
}

Series = Mapping[int, float]


@dataclass(frozen=True)
class Plot:
    """A titled picture."""

    title: str
    svg: Markup


def plot_training(
    models: Sequence[ModelSummary],
    histories: Sequence[History],
    evaluations: Sequence[Evaluation],
) -> list[Plot]:
    """Validation scores and losses per epoch; dots mark the epochs that were kept."""
    best = {(e.model, e.seed): e.best_epoch for e in evaluations if e.best_epoch is not None}
    plots: list[Plot] = []
    for column, (title, y_label) in TRAINING_PLOTS.items():
        lines = []
        for model in models:
            runs = [history for history in histories if history.model == model.model]
            series = {(run.model, run.seed): _epochs(run, column) for run in runs}
            marks = [
                (float(best[key]), values[best[key]])
                for key, values in series.items()
                if best.get(key) in values
            ]
            lines += _line(model, list(series.values()), marks)
        if lines:
            svg = draw_lines(f"training-{len(plots)}", lines, x_label="epoch", y_label=y_label)
            plots.append(Plot(title, svg))
    return plots


def plot_recalls(models: Sequence[ModelSummary], evaluations: Sequence[Evaluation]) -> list[Plot]:
    """Recall at k on the test split, one plot for each direction."""
    plots = []
    for direction, title in DIRECTION_NAMES.items():
        lines = [_chance_line(evaluations[0], direction)]
        for model in models:
            runs = [run for run in evaluations if run.model == model.model]
            lines += _line(model, [_recalls(run, direction) for run in runs])
        svg = draw_lines(f"recall-{direction}", lines, x_label="k", y_label="recall at k, %")
        plots.append(Plot(title, svg))
    return plots


def _chance_line(evaluation: Evaluation, direction: Direction) -> Line:
    found = 100 * chance_found(*ranked_items(evaluation, direction))[:MAX_K]
    k, recalls = list(range(1, len(found) + 1)), found.tolist()
    return Line("chance", INK, "pruned", k, recalls, recalls, recalls)


def _recalls(evaluation: Evaluation, direction: Direction) -> Series:
    ranks = evaluation.ranks[direction]
    gallery, _ = ranked_items(evaluation, direction)
    return {k: 100 * float(np.mean(ranks < k)) for k in range(1, min(MAX_K, gallery) + 1)}


def _epochs(history: History, column: str) -> Series:
    values = history.columns.get(column, [])
    epochs = history.columns["epoch"][: len(values)]
    return {e: v for e, v in zip(epochs, values, strict=True) if v is not None}


def _line(
    model: ModelSummary, runs: Sequence[Series], marks: Sequence[tuple[float, float]] = ()
) -> list[Line]:
    """The line of one model, none if it has no values. A seed that stopped early ends early."""
    xs = sorted({x for run in runs for x in run})
    if not xs:
        return []
    values = [[run[x] for run in runs if x in run] for x in xs]
    return [
        Line(
            key=model.key,
            color=model.color,
            section=model.section,
            x=xs,
            mean=[statistics.fmean(row) for row in values],
            low=[min(row) for row in values],
            high=[max(row) for row in values],
            marks=marks,
        )
    ]
