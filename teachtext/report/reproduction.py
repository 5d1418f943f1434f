"""Our models beside published rows, and how far apart they are. Records in, records out."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup

from teachtext.config.published import (
    PublishedBenchmark,
    PublishedRow,
    PublishedSource,
    SplitSize,
    read_published,
)
from teachtext.config.report import PublishedSettings
from teachtext.evaluation.metrics import METRICS
from teachtext.evaluation.spread import Spread
from teachtext.report.plots import Curve, draw_curves
from teachtext.report.results import LABELS, ResultTable
from teachtext.report.summary import LOWER_IS_BETTER, ModelSummary

ROUNDING_STD = 0.05 / math.sqrt(3)
"""Standard deviation of what is lost where a number is rounded to tenths."""
LIMIT = 2
"""Standard deviations up to which a difference says nothing."""
DRAWN = ("R@1", "R@5", "R@10", "geometric_mean")
DRAWN_WIDTH = 0.7
"""Of all dots of a metric; 1 would touch those of the next."""

_Distance = Literal["better", "within", "worse"]


@dataclass(frozen=True)
class MetricPair:
    """One metric of a model and of a published row.

    Attributes:
        published: Value as published.
        deviations: Difference in standard deviations: ours minus theirs.
    """

    metric: str
    ours: Spread
    published: Spread
    deviations: float

    @property
    def label(self) -> str:
        """What the page calls the metric."""
        return LABELS[self.metric]

    @property
    def difference(self) -> float:
        """Ours minus theirs."""
        return self.ours.mean - self.published.mean

    @property
    def distance(self) -> _Distance:
        """Whether we are better or worse, or the difference says nothing."""
        if abs(self.deviations) <= LIMIT:
            return "within"
        return "better" if (self.deviations > 0) != (self.metric in LOWER_IS_BETTER) else "worse"


@dataclass(frozen=True)
class ModelPair:
    """A model and a published row in one direction, by the metrics that both have."""

    model: ModelSummary
    published: PublishedRow
    source: PublishedSource
    metrics: tuple[MetricPair, ...]


@dataclass(frozen=True)
class PairTable:
    """All pairs of one direction."""

    name: str
    pairs: tuple[ModelPair, ...]
    plot: Markup


@dataclass(frozen=True)
class Reproduction:
    """All content of the section.

    Attributes:
        split: Statement in words of whether the test splits are of the same size.
        differs: True if the sizes of the test splits are known and differ, so that the splits do.
            Equal sizes do not show that they hold the same videos: published.json has no lists.
        sources: Sources of the published rows in the pairs.
    """

    benchmark: PublishedBenchmark
    split: str
    differs: bool
    tables: tuple[PairTable, ...]
    sources: tuple[PublishedSource, ...]


def set_beside(
    settings: PublishedSettings,
    models: Sequence[ModelSummary],
    tables: Sequence[ResultTable],
) -> Reproduction:
    """Pair models with published rows.

    Args:
        settings: Names of existing models and of the published rows they are paired with.
        models: All models of the run.
        tables: Results of each direction.
    """
    published = read_published()
    benchmark = published.benchmarks[settings.benchmark]
    t2v = next(table for table in tables if table.direction == "t2v")
    ours = SplitSize(videos=t2v.gallery, queries=t2v.queries)
    drawn = []
    for table in tables:
        pairs = [
            _pair(model, row, published.sources[row.source])
            for model in models
            if (name := settings.rows.get(model.model))
            and (row := published.row(settings.benchmark, name, table.direction))
        ]
        if pairs:
            plot = _plot(f"published-{table.direction}", pairs)
            drawn.append(PairTable(table.name, tuple(pairs), plot))
    return Reproduction(
        benchmark=benchmark,
        split=compare_splits(ours, benchmark.test),
        differs=benchmark.test not in (None, ours),
        tables=tuple(drawn),
        sources=tuple(dict.fromkeys(pair.source for table in drawn for pair in table.pairs)),
    )


def compare_splits(ours: SplitSize, published: SplitSize | None) -> str:
    """Whether two test splits are of the same size, in words."""
    here = f"{ours.queries:,} text queries and {ours.videos:,} videos"
    if published is None:
        return f"The test split has {here}; how many the published one has is not known here."
    if ours == published:
        return f"The test split has {here}, as many as the published one."
    there = f"{published.queries:,} and {published.videos:,}"
    return f"The test split has {here}, the published one {there}: the numbers cannot be compared."


def deviations_apart(ours: Spread, published: Spread) -> float:
    """Ours minus theirs in standard deviations of both; one seed has none and adds nothing.

    >>> deviations_apart(Spread(15.0, 0.3), Spread(14.0, 0.4))
    2.0
    >>> deviations_apart(Spread(13.0, None), Spread(14.0, 0.5))
    -2.0
    """
    theirs = max(published.std or 0.0, ROUNDING_STD)
    return (ours.mean - published.mean) / math.hypot(ours.std or 0.0, theirs)


def sample_std(std: float, *, seeds: int, ddof: int) -> float:
    """The standard deviation with n - 1 in the denominator, from one with n - ddof."""
    return std * math.sqrt((seeds - ddof) / (seeds - 1))


def _pair(model: ModelSummary, published: PublishedRow, source: PublishedSource) -> ModelPair:
    ours = model.test[published.direction]
    metrics = tuple(
        _metric_pair(metric, ours[metric], Spread(*published.metrics[metric]), source)
        for metric in METRICS
        if metric in published.metrics
    )
    return ModelPair(model, published, source, metrics)


def _metric_pair(
    metric: str, ours: Spread, published: Spread, source: PublishedSource
) -> MetricPair:
    std = sample_std(published.std or 0.0, seeds=source.seeds, ddof=source.ddof_of(metric))
    return MetricPair(metric, ours, published, deviations_apart(ours, Spread(published.mean, std)))


def _plot(name: str, pairs: Sequence[ModelPair]) -> Markup:
    """Two dots side by side for each pair and metric: ours filled, theirs hollow."""
    step = DRAWN_WIDTH / len(pairs)
    curves = []
    for place, pair in enumerate(pairs):
        shown = [metric for metric in pair.metrics if metric.metric in DRAWN]
        left = (place + 0.25) * step - DRAWN_WIDTH / 2
        curves += [
            _dots(pair, [metric.ours for metric in shown], shift=left, filled=True),
            _dots(
                pair, [metric.published for metric in shown], shift=left + step / 2, filled=False
            ),
        ]
    places = [LABELS[metric] for metric in DRAWN]
    return draw_curves(name, curves, places=places, x_label="metric", y_label="%")


def _dots(pair: ModelPair, spreads: Sequence[Spread], *, shift: float, filled: bool) -> Curve:
    return Curve(
        color=pair.model.color,
        dash="none",
        x=[place + shift for place in range(len(spreads))],
        mean=[spread.mean for spread in spreads],
        std=[spread.std or 0.0 for spread in spreads],
        filled=[filled] * len(spreads),
        labels=(),
    )
