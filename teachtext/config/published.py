"""Results that others published, as published.json has them.

Imported by the Snakefile too, so it needs nothing but pydantic.
"""

import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from teachtext.config.report import PublishedSettings
from teachtext.errors import ConfigError

_FILE = Path(__file__).with_name("published.json")


@dataclass(frozen=True)
class PublishedSource:
    """Where rows were published, and what their numbers are.

    Attributes:
        features: Release of the features.
        seeds: Number of seeds behind each mean.
        ddof: Delta degrees of freedom of standard deviations: their denominator is the number of
            seeds less this.
        geometric_mean_ddof: Delta degrees of freedom of the standard deviation of the geometric
            mean.
        notes: Notes that a reader must know; may be empty.
    """

    citation: str
    features: str
    seeds: int
    ddof: int
    geometric_mean_ddof: int
    notes: str

    def ddof_of(self, metric: str) -> int:
        """What the denominator of a metric's standard deviation has less than the seeds."""
        return self.geometric_mean_ddof if metric == "geometric_mean" else self.ddof


@dataclass(frozen=True)
class SplitSize:
    """How much was searched: text queries (captions or paragraphs) and videos."""

    videos: int
    queries: int


@dataclass(frozen=True)
class PublishedBenchmark:
    """A data set and its splits.

    Attributes:
        test: Size of the test split; None if not known.
        notes: Notes that a reader must know; may be empty.
    """

    title: str
    test: SplitSize | None
    notes: str


@dataclass(frozen=True)
class PublishedRow:
    """One model in one direction.

    Attributes:
        model: Name of the model as in its paper, with the release where there are several.
        source: Key of ``Published.sources``.
        metrics: Metric name -> mean and standard deviation over seeds, recalls in percent.
    """

    benchmark: str
    model: str
    source: str
    direction: Literal["t2v", "v2t"]
    metrics: Mapping[str, Sequence[float]]


@dataclass(frozen=True)
class Published:
    """All that published.json holds; sources and benchmarks by their keys."""

    sources: Mapping[str, PublishedSource]
    benchmarks: Mapping[str, PublishedBenchmark]
    rows: tuple[PublishedRow, ...]

    def models(self, benchmark: str) -> list[str]:
        """Names of the rows of a benchmark, in the order of the file."""
        return list(dict.fromkeys(row.model for row in self.rows if row.benchmark == benchmark))

    def row(self, benchmark: str, model: str, direction: str) -> PublishedRow | None:
        """The row of a model, none in a direction that was not published."""
        key = (benchmark, model, direction)
        found = (row for row in self.rows if (row.benchmark, row.model, row.direction) == key)
        return next(found, None)


@functools.cache
def read_published() -> Published:
    """Read published.json."""
    values = json.loads(_FILE.read_text(encoding="utf-8"))
    return Published(
        sources={key: PublishedSource(**source) for key, source in values["sources"].items()},
        benchmarks={
            key: PublishedBenchmark(
                title=benchmark["title"],
                test=SplitSize(**benchmark["test"]) if benchmark["test"] else None,
                notes=benchmark["notes"],
            )
            for key, benchmark in values["benchmarks"].items()
        },
        rows=tuple(PublishedRow(**row) for row in values["rows"]),
    )


def check_published(settings: PublishedSettings, models: Sequence[str]) -> None:
    """Check that both sides of every pair exist.

    Args:
        settings: Section `report.published` of config.yaml.
        models: Names of all models that are evaluated.

    Raises:
        ConfigError: There is no such benchmark, model or published row.
    """
    published = read_published()
    if settings.benchmark not in published.benchmarks:
        raise ConfigError(
            f"config.yaml: report.published.benchmark is {settings.benchmark!r}, of which there "
            f"are no published rows. Choose one of: {', '.join(published.benchmarks)}."
        )
    names = published.models(settings.benchmark)
    for model, name in settings.rows.items():
        if model not in models:
            raise ConfigError(
                f"config.yaml: report.published.rows names {model!r}, which is not there. "
                f"Choose one of: {', '.join(models)}; or set it to null."
            )
        if name not in names:
            raise ConfigError(
                f"config.yaml: report.published.rows.{model} is {name!r}, which is no "
                f"published row of {settings.benchmark}. Choose one of: {', '.join(names)}."
            )
