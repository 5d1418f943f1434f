"""The report's first sentences: what the numbers say, in words. Text only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from teachtext.evaluation.spread import Spread
from teachtext.report.differences import DifferenceRow
from teachtext.report.summary import TOPICS, Comparison, ModelSummary

MINUS = "\N{MINUS SIGN}"
UNIT = "points of test text-to-video geometric mean"
Effects = Mapping[tuple[str, str], DifferenceRow]
"""Model and reference -> their difference, by a paired bootstrap."""


@dataclass(frozen=True)
class Finding:
    """An answer to one question.

    Attributes:
        topic: Question in a word; empty if the models answer none.
        text: Answer with its interval.
        verdict: Verdict of the answer; ``open`` if it makes no claim that other seeds or videos
            would have to confirm.
    """

    topic: str
    text: str
    verdict: Literal["better", "worse", "open"]


def nothing_measured() -> Finding:
    """What there is to say where no video has a caption."""
    return Finding(
        "",
        "There are no captions: no model was trained, and nothing was measured. The page shows "
        "what the experts found in the videos.",
        "open",
    )


def headline(
    models: Sequence[ModelSummary],
    comparisons: Sequence[Comparison],
    effects: Effects,
    seconds: Mapping[str, float | None],
) -> list[Finding]:
    """One finding for each question that the models can answer, the main one first.

    Args:
        models: All models.
        comparisons: Pairs of models that differ in one thing; the first pair of each kind is
            reported.
        effects: Difference of each pair.
        seconds: Extraction time per video in seconds, by expert; None where the features were made
            elsewhere.
    """
    first = [next((pair for pair in comparisons if pair.kind == kind), None) for kind in TOPICS]
    found = [
        Finding(
            TOPICS[pair.kind],
            _sentence(pair, effects[pair.names], seconds),
            judge(pair, effects[pair.names]),
        )
        for pair in first
        if pair
    ]
    return found or [Finding("", _best_model(models), "open")]


def judge(pair: Comparison, effect: DifferenceRow) -> Literal["better", "worse", "open"]:
    """What a difference says: something if neither seeds nor videos alone can have made it."""
    if pair.verdict == effect.verdict == "better":
        return "better"
    return "worse" if pair.verdict == effect.verdict == "worse" else "open"


def format_spread(value: Spread, decimals: int = 1) -> str:
    """Mean ± standard deviation, or the mean alone for one seed.

    >>> format_spread(Spread(40.0, 1.414))
    '40.0 ± 1.4'
    """
    mean = f"{value.mean:.{decimals}f}"
    return mean if value.std is None else f"{mean} ± {value.std:.{decimals}f}"


def format_difference(difference: float, decimals: int = 1) -> str:
    """A difference with its sign, zero without.

    >>> format_difference(-0.04), format_difference(2.5), format_difference(0.1234, decimals=3)
    ('0.0', '+2.5', '+0.123')
    """
    shown = f"{difference:+.{decimals}f}"
    return shown.replace("-", MINUS) if float(shown) else f"{0:.{decimals}f}"


def _sentence(pair: Comparison, effect: DifferenceRow, seconds: Mapping[str, float | None]) -> str:
    subject, reference = _subject(pair), _reference(pair)
    points = f"{abs(pair.difference):.1f} {UNIT}"
    side = "above" if pair.difference > 0 else "below"
    match pair.verdict:
        case "within":
            claim = (
                f"{subject} is within the spread of the seeds of {reference}: "
                f"{format_difference(pair.difference)} {UNIT}"
            )
        case "one seed":
            claim = f"{subject} scores {points} {side} {reference}, in one seed, of unknown spread"
        case "better" | "worse" if effect.verdict == "open":
            claim = f"{subject} scores {points} {side} {reference}, though other videos may differ"
        case "better":
            claim = f"{subject} beats {reference}, by {points}"
        case "worse":
            claim = f"{subject} falls short of {reference}, by {points}"
    return f"{claim} ({_numbers(pair, effect)}).{_saved(pair, seconds)}"


def _subject(pair: Comparison) -> str:
    experts = ", ".join(pair.model.experts)
    match pair.kind:
        case "distillation":
            return f"The distilled student {pair.model.model}"
        case "pruned":
            return f"With {experts} alone, the distilled student {pair.model.model}"
        case "denoising":
            return f"Trained on the {pair.model.captions} captions, {pair.model.model}"
        case "pruning":
            return f"With {experts} alone, {pair.model.model}"


def _reference(pair: Comparison) -> str:
    match pair.kind:
        case "denoising":
            return f"{pair.reference.model}, trained on all captions"
        case "pruning":
            return f"{pair.reference.model}, its teacher with {len(pair.reference.experts)} experts"
        case _:
            return f"{pair.reference.model}, the same without teachers"


def _numbers(pair: Comparison, effect: DifferenceRow) -> str:
    seeds = min(len(pair.model.seeds), len(pair.reference.seeds))
    found = effect.headline
    interval = f"{format_difference(found.low)} to {format_difference(found.high)}"
    means = f"{format_spread(pair.model.headline)} against {format_spread(pair.reference.headline)}"
    counted = f"{seeds} seed{'' if seeds == 1 else 's'}"
    return f"95\N{NO-BREAK SPACE}% interval {interval}; {means}; {counted}"


def _saved(pair: Comparison, seconds: Mapping[str, float | None]) -> str:
    """What fewer experts save, where it is known."""
    if pair.kind != "pruning":
        return ""
    known = {name: value for name, value in seconds.items() if value is not None}
    if not set(pair.reference.experts) <= set(known):
        return ""
    whole = sum(known[name] for name in pair.reference.experts)
    left = sum(known[name] for name in pair.model.experts)
    return f" Its experts take {left:.2f} seconds per video instead of {whole:.2f}."


def _best_model(models: Sequence[ModelSummary]) -> str:
    students = [model for model in models if model.section == "students"] or models
    best = max(students, key=lambda model: model.headline.mean)
    return (
        f"{best.model} reaches a test text-to-video geometric mean of "
        f"{format_spread(best.headline)}; no other model differs from it in one thing only."
    )
