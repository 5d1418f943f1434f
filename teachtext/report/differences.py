"""How far each student is from the first of its section, and how sure. Records in, records out.

The first model of a section of config.yaml is its baseline: chosen before any result is known.
What is not trained is compared with the first of the students. Teachers are not compared, for they
are thrown away.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from teachtext.errors import StoreError
from teachtext.evaluation.records import Evaluation
from teachtext.evaluation.significance import COMPARED_METRICS, Difference, difference, resample
from teachtext.report.summary import UNTRAINED, seeds_of_models

EXTENTS = (0.2, 0.4, 1.0, 2.0, 4.0, 6.0, 8.0, 10.0, 20.0, 40.0, 60.0, 80.0, 100.0)
"""Ends of the axis of differences, in points, that halve into round numbers."""
STUDENTS = ("students", "pruned")
OTHERS = COMPARED_METRICS[:3]
"""Metrics that are told in numbers; the geometric mean is drawn as well."""


@dataclass(frozen=True)
class DifferenceRow:
    """A model and what it is compared with: test text-to-video differences by metric."""

    model: str
    reference: str
    by_metric: Mapping[str, Difference]

    @property
    def headline(self) -> Difference:
        """Of the geometric mean, by which models are compared."""
        return self.by_metric["geometric_mean"]

    @property
    def verdict(self) -> str:
        """Better or worse, if the interval leaves out zero."""
        if self.headline.low > 0:
            return "better"
        return "worse" if self.headline.high < 0 else "open"


@dataclass(frozen=True)
class Differences:
    """All rows, and the axis on which their intervals are drawn.

    Attributes:
        rows: Rows that are drawn, in their order.
        samples: Number of resamples of the videos.
        by_pair: Rows of all pairs, drawn or not, by model and reference.
    """

    rows: tuple[DifferenceRow, ...]
    samples: int
    by_pair: Mapping[tuple[str, str], DifferenceRow]

    @property
    def extent(self) -> float:
        """Half-width of the axis in points; it runs from minus this to plus this."""
        ends = [abs(end) for row in self.rows for end in (row.headline.low, row.headline.high)]
        return next(extent for extent in EXTENTS if extent >= max(ends, default=0))

    @property
    def ticks(self) -> tuple[float, ...]:
        """Differences that are marked on the axis."""
        return tuple(self.extent * share for share in (-1, -0.5, 0, 0.5, 1))

    def place(self, points: float) -> float:
        """Where a difference is on the axis, in percent of its length.

        >>> Differences((), samples=10, by_pair={}).place(-0.1)
        25.0
        """
        return 50 + 50 * points / self.extent


def measure_differences(
    evaluations: Sequence[Evaluation],
    also: Sequence[tuple[str, str]],
    *,
    samples: int,
    generator: np.random.Generator,
) -> Differences:
    """Compare every student and every zero-shot model with the first of its section.

    Args:
        evaluations: Evaluations of all models and seeds, in the order of config.yaml.
        also: Additional pairs of a model and its reference, which are not drawn.
        samples: Number of resamples; each draws as many videos as there are.
        generator: Random generator of the draws.

    Raises:
        StoreError: Two models were evaluated on different captions.
    """
    section_of = {evaluation.model: evaluation.section for evaluation in evaluations}
    drawn = _pairs(section_of)
    pairs = list(dict.fromkeys([*drawn, *also]))
    found = compare_models(evaluations, pairs, samples=samples, generator=generator)
    return replace(found, rows=tuple(found.by_pair[pair] for pair in drawn))


def compare_models(
    evaluations: Sequence[Evaluation],
    pairs: Sequence[tuple[str, str]],
    *,
    samples: int,
    generator: np.random.Generator,
) -> Differences:
    """Compare models with others, all on the same draws of the test videos.

    Args:
        evaluations: Evaluations of all the models and all their seeds.
        pairs: Pairs of a model and its reference.
        samples: Number of resamples; each draws as many videos as there are.
        generator: Random generator of the draws.

    Raises:
        StoreError: Two models were evaluated on different captions.
    """
    _check_same_queries(evaluations)
    _, video_Q = np.unique(evaluations[0].text_queries["video_id"], return_inverse=True)
    ranks = {
        model: np.stack([seed.ranks["t2v"] for seed in seeds])
        for model, seeds in seeds_of_models(evaluations).items()
    }
    resamples = resample(ranks, video_Q, samples=samples, generator=generator)
    by_pair = {}
    for model, reference in pairs:
        by_metric = {
            metric: difference(resamples[model], resamples[reference], metric)
            for metric in COMPARED_METRICS
        }
        by_pair[model, reference] = DifferenceRow(model, reference, by_metric)
    return Differences(tuple(by_pair.values()), samples, by_pair)


def format_p_value(p_value: float) -> str:
    """A p-value as people write it.

    >>> format_p_value(0.0004), format_p_value(0.0123), format_p_value(1)
    ('< 0.001', '0.012', '1.000')
    """
    return "< 0.001" if p_value < 0.001 else f"{p_value:.3f}"


def _check_same_queries(evaluations: Sequence[Evaluation]) -> None:
    first = evaluations[0]
    for other in evaluations:
        if not other.text_queries.equals(first.text_queries):
            raise StoreError(
                f"{other.ranks_path} and {first.ranks_path} are of different test captions. "
                "Delete both to evaluate again."
            )


def _pairs(section_of: Mapping[str, str]) -> list[tuple[str, str]]:
    """Each model and its reference; sections in the order of the method."""
    members = {
        section: [model for model, own in section_of.items() if own == section]
        for section in (*STUDENTS, *UNTRAINED)
    }
    pairs = [(model, members[s][0]) for s in STUDENTS for model in members[s][1:]]
    first = members["students"][:1]
    untrained = [model for section in UNTRAINED for model in members[section]]
    return pairs + [(model, reference) for model in untrained for reference in first]
