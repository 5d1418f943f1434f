"""The search over experts: its models, its choices, the Pareto front. Standard library only."""

import re
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from teachtext.errors import ConfigError
from teachtext.rows import ModelSettings, SearchSettings

SEPARATOR = "+"
"""Between a curve and the experts of one of its models; no name in config.yaml has it."""
BASELINE = "@baseline"
"""After the name of a search: its models without teachers; no name in config.yaml has it."""
MAX_NAME = 200
"""Characters of a model's name; file systems take 255, of which temporary names need some."""


@dataclass(frozen=True)
class Candidate:
    """What is left if one more expert is dropped.

    Attributes:
        dropped: the expert.
        scores: val text-to-video geometric mean of each seed.
        seconds_saved: of extraction per video; None where it is not known.
    """

    dropped: str
    scores: tuple[float, ...]
    seconds_saved: float | None

    @property
    def score(self) -> float:
        """Mean over the seeds."""
        return statistics.fmean(self.scores)


@dataclass(frozen=True)
class Point:
    """What a model is worth and what it costs.

    Attributes:
        score: higher is better.
        seconds: of extraction per video; None where it is not known.
        parameters: of the model.
    """

    score: float
    seconds: float | None
    parameters: int


def curves(searches: Mapping[str, SearchSettings]) -> dict[str, ModelSettings]:
    """Rows whose models the searches train: each search, and one with teachers also without."""
    rows: dict[str, ModelSettings] = {}
    for name, search in searches.items():
        rows[name] = search
        if search.teachers:
            rows[f"{name}{BASELINE}"] = search.model_copy(update={"teachers": []})
    return rows


def subset_model(curve: str, experts: Iterable[str]) -> str:
    """Name of the model of a curve that looks through some experts.

    >>> subset_model("search", ["motion", "audio"])
    'search+audio+motion'
    """
    return SEPARATOR.join([curve, *sorted(experts)])


def subset_pattern(curve: str, experts: Iterable[str]) -> str:
    """Regular expression of the names that ``subset_model`` gives: experts in their order."""
    parts = "".join(rf"(?:\+{re.escape(expert)})?" for expert in sorted(experts))
    return rf"{re.escape(curve)}(?=\+){parts}"


def check_search(where: str, search: SearchSettings, experts: Sequence[str]) -> None:
    """Refuse a search that cannot be walked.

    Args:
        where: its place in config.yaml.
        search: its settings.
        experts: that it begins with.

    Raises:
        ConfigError: it keeps more experts than there are, or file names become too long.
    """
    if search.keep > len(experts):
        raise ConfigError(
            f"config.yaml: {where}.keep is {search.keep}, but it begins with {len(experts)} "
            f"experts ({', '.join(experts)}). Choose a number from 1 to {len(experts)}."
        )
    longest = subset_model(where.split(".", 1)[1] + BASELINE, experts)
    if len(longest) > MAX_NAME:
        raise ConfigError(
            f"config.yaml: {where}: its name and those of its experts make file names of "
            f"{len(longest)} characters, {MAX_NAME} are allowed. Shorten some."
        )


def without_each(experts: Iterable[str]) -> list[list[str]]:
    """What is left without each expert.

    >>> without_each(["audio", "motion", "ocr"])
    [['motion', 'ocr'], ['audio', 'ocr'], ['audio', 'motion']]
    """
    every = sorted(experts)
    return [[other for other in every if other != expert] for expert in every]


def by_choice(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Candidates, the chosen one first.

    The best score wins; of equal ones the one that saves more seconds, then the first by name.
    """
    return sorted(
        candidates,
        key=lambda found: (-found.score, -(found.seconds_saved or 0.0), found.dropped),
    )


def on_front(points: Sequence[Point]) -> list[bool]:
    """Whether no other point is as good and as cheap in all, and better or cheaper in something.

    If the seconds of one point are not known, those of none count.
    """
    timed = all(point.seconds is not None for point in points)
    merits = [
        (point.score, -float(point.parameters), -(point.seconds or 0.0) if timed else 0.0)
        for point in points
    ]
    return [not any(_dominates(other, own) for other in merits) for own in merits]


def _dominates(other: tuple[float, ...], own: tuple[float, ...]) -> bool:
    return other != own and all(theirs >= mine for theirs, mine in zip(other, own, strict=True))
