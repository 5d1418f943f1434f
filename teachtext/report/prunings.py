"""The prunings: what each level costs and saves, in words and drawn. Records only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from teachtext.evaluation.metrics import METRICS
from teachtext.evaluation.records import DIRECTIONS, Direction
from teachtext.evaluation.spread import Spread
from teachtext.pruning.pareto import PARETO_COLUMNS, metric_column
from teachtext.report.headline import MINUS, format_difference
from teachtext.report.inputs import read_named_table
from teachtext.report.plots import Curve, draw_curves
from teachtext.report.summary import COLORS, combined_std
from teachtext.store.records import SCORE

_LOOKS = {
    True: ("with teachers", COLORS[0], "solid"),
    False: ("without teachers", COLORS[1], "dashed"),
}
"""Whether models are distilled -> name, colour and dash of their curve."""


@dataclass(frozen=True)
class Level:
    """A model of a pruning over its seeds.

    Attributes:
        number: Number of experts dropped.
        dropped: Names of all experts dropped, in the order in which they were.
        experts: Names of the experts that are left.
        seconds: Extraction time per video in seconds; None if unknown.
        val: Text-to-video geometric mean on val, by which the pruning chose.
        test: Mean and spread by direction and metric name.
        on_front: True if the model is on the Pareto front of the pruning by val metric and cost.
    """

    number: int
    dropped: tuple[str, ...]
    experts: tuple[str, ...]
    seconds: float | None
    parameters: int
    val: Spread
    test: Mapping[Direction, Mapping[str, Spread]]
    on_front: bool

    @property
    def headline(self) -> Spread:
        """The number by which levels are compared: test text-to-video geometric mean."""
        return self.test["t2v"]["geometric_mean"]


@dataclass(frozen=True)
class PruningCurve:
    """The levels of a search, all with teachers or all without; how they are named and drawn."""

    name: str
    color: str
    dash: str
    levels: tuple[Level, ...]


@dataclass(frozen=True)
class PruningResult:
    """One pruning: its curves, beginning with the one that decided.

    Attributes:
        timed: True if the extraction time of every level is known.
        sentences: Sentences on what each level of the first curve costs and saves.
        plot: Plot of the geometric mean by extraction time, or by parameters if a time is unknown.
    """

    name: str
    curves: tuple[PruningCurve, ...]
    timed: bool
    sentences: tuple[str, ...]
    plot: Markup


def read_pruning(path: Path, *, place: int) -> PruningResult:
    """Read the table of compute-pareto.

    Args:
        path: Table to read.
        place: Position of the pruning in the page, counted from 0; it makes the IDs of the plot
            unique.

    Raises:
        StoreError: The file is missing, damaged or lacks a column.
    """
    name, table = read_named_table(path, PARETO_COLUMNS, key="search")
    curves = _curves(table.to_pylist())
    timed = all(level.seconds is not None for curve in curves for level in curve.levels)
    return PruningResult(
        name=name,
        curves=curves,
        timed=timed,
        sentences=tuple(describe_level(curves[0], level) for level in curves[0].levels[1:]),
        plot=_plot(f"search-{place}", curves, timed=timed),
    )


def describe_level(curve: PruningCurve, level: Level) -> str:
    """What a level loses against all experts, as far as the seeds can tell, and what it saves."""
    full = curve.levels[0]
    return f"Without {_listed(level.dropped)}: {_lost(full, level)}{_saved(full, level)}."


def _lost(full: Level, level: Level) -> str:
    difference = level.headline.mean - full.headline.mean
    points = f"{format_difference(difference)} points"
    spread = combined_std(full.headline, level.headline)
    if spread is None:
        return f"{points} in one seed, of unknown spread; "
    if abs(difference) < spread or difference == 0:
        return f"no difference beyond the spread of the seeds ({points} ± {spread:.1f}); "
    return f"{points} (± {spread:.1f}), "


def _saved(full: Level, level: Level) -> str:
    if full.seconds is None or level.seconds is None or not full.seconds:
        return f"{_percent(level.parameters, full.parameters)} fewer parameters"
    return f"{_percent(level.seconds, full.seconds)} less extraction time"


def _percent(left: float, of: float) -> str:
    """Share that is saved; never 100 % of something that is left.

    >>> _percent(30, 100), _percent(0.1, 100)
    ('70 %', 'more than 99 %')
    """
    saved = 100 * (1 - left / of)
    return "more than 99 %" if left and saved > 99 else f"{saved:.0f} %"


def _listed(names: Sequence[str]) -> str:
    """Names in a sentence.

    >>> _listed(["ocr"]), _listed(["ocr", "motion", "speech"])
    ('ocr', 'ocr, motion and speech')
    """
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def _curves(rows: Sequence[Mapping[str, Any]]) -> tuple[PruningCurve, ...]:
    found = []
    for distilled, look in _LOOKS.items():
        levels: list[Level] = []
        for row in rows:
            if row["distilled"] == distilled:
                levels.append(_level(row, levels[-1].dropped if levels else ()))
        if levels:
            found.append(PruningCurve(*look, tuple(levels)))
    return tuple(found)


def _level(row: Mapping[str, Any], before: tuple[str, ...]) -> Level:
    return Level(
        number=row["level"],
        dropped=before if row["dropped"] is None else (*before, row["dropped"]),
        experts=tuple(row["experts"]),
        seconds=row["seconds_per_video"],
        parameters=row["parameters"],
        val=_spread(row, SCORE),
        test={
            direction: {
                metric: _spread(row, metric_column(direction, metric)) for metric in METRICS
            }
            for direction in DIRECTIONS
        },
        on_front=row["on_front"],
    )


def _spread(row: Mapping[str, Any], column: str) -> Spread:
    return Spread(row[f"{column}_mean"], row[f"{column}_std"])


def _plot(name: str, curves: Sequence[PruningCurve], *, timed: bool) -> Markup:
    drawn = [
        Curve(
            color=curve.color,
            dash=curve.dash,
            x=[_cost(level, timed=timed) for level in curve.levels],
            mean=[level.headline.mean for level in curve.levels],
            std=[level.headline.std or 0.0 for level in curve.levels],
            filled=[level.on_front for level in curve.levels],
            labels=[_label(level) for level in curve.levels] if not place else (),
        )
        for place, curve in enumerate(curves)
    ]
    x_label = "seconds of extraction per video" if timed else "parameters, millions"
    return draw_curves(name, drawn, x_label=x_label, y_label="test geometric mean, %")


def _cost(level: Level, *, timed: bool) -> float:
    return level.seconds if timed and level.seconds is not None else level.parameters / 1e6


def _label(level: Level) -> str:
    return f"{MINUS} {level.dropped[-1]}" if level.dropped else "all"
