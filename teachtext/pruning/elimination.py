"""Backward elimination of experts: its choices and the Pareto front. Standard library only."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Candidate:
    """The experts left if one more is dropped.

    Attributes:
        dropped: Name of the expert dropped.
        scores: Val text-to-video geometric mean of each seed, in percent.
        seconds_saved: Extraction time saved per video in seconds; None if unknown.
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
    """The value of a model and its costs.

    Attributes:
        score: Value of the model; higher is better.
        seconds: Extraction time per video in seconds; None if unknown.
        parameters: Number of parameters of the model.
    """

    score: float
    seconds: float | None
    parameters: int


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
