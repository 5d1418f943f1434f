"""The report's first sentences: what the numbers say, in words. Text only."""

from collections.abc import Sequence

from teachtext.report.summary import KINDS, Comparison, ModelSummary, Spread

MINUS = "\N{MINUS SIGN}"
UNIT = "points of test text-to-video geometric mean"


def headline(models: Sequence[ModelSummary], comparisons: Sequence[Comparison]) -> list[str]:
    """One sentence for each question that the models can answer, the main one first."""
    first = [next((pair for pair in comparisons if pair.kind == kind), None) for kind in KINDS]
    sentences = [_sentence(pair) for pair in first if pair]
    return sentences or [_best_model(models)]


def format_spread(value: Spread, decimals: int = 1) -> str:
    """Mean ± standard deviation, or the mean alone for one seed.

    >>> format_spread(Spread(40.0, 1.414))
    '40.0 ± 1.4'
    """
    mean = f"{value.mean:.{decimals}f}"
    return mean if value.std is None else f"{mean} ± {value.std:.{decimals}f}"


def format_difference(points: float) -> str:
    """A difference with its sign, zero without.

    >>> format_difference(-0.04), format_difference(2.5)
    ('0.0', '+2.5')
    """
    shown = f"{points:+.1f}"
    return "0.0" if float(shown) == 0 else shown.replace("-", MINUS)


def _sentence(pair: Comparison) -> str:
    subject, reference = _subject(pair), _reference(pair)
    points = f"{abs(pair.difference):.1f} {UNIT}"
    match pair.verdict:
        case "better":
            claim = f"{subject} beats {reference}, by {points}"
        case "worse":
            claim = f"{subject} falls short of {reference}, by {points}"
        case "within":
            claim = (
                f"{subject} is within the spread of the seeds of {reference}: "
                f"{format_difference(pair.difference)} {UNIT}"
            )
        case "one seed":
            side = "above" if pair.difference > 0 else "below"
            claim = f"{subject} scores {points} {side} {reference}, in one seed, of unknown spread"
    return f"{claim} ({_numbers(pair)})."


def _subject(pair: Comparison) -> str:
    match pair.kind:
        case "distillation":
            return f"The distilled student {pair.model.model}"
        case "pruned":
            experts = ", ".join(pair.model.experts)
            return f"With {experts} alone, the distilled student {pair.model.model}"
        case "denoising":
            return f"Trained on the {pair.model.captions} captions, {pair.model.model}"


def _reference(pair: Comparison) -> str:
    same = "trained on all captions" if pair.kind == "denoising" else "the same without teachers"
    return f"{pair.reference.model}, {same}"


def _numbers(pair: Comparison) -> str:
    seeds = min(len(pair.model.seeds), len(pair.reference.seeds))
    means = f"{format_spread(pair.model.headline)} against {format_spread(pair.reference.headline)}"
    return f"{means}; {seeds} seed{'' if seeds == 1 else 's'}"


def _best_model(models: Sequence[ModelSummary]) -> str:
    students = [model for model in models if model.section == "students"] or models
    best = max(students, key=lambda model: model.headline.mean)
    return (
        f"{best.model} reaches a test text-to-video geometric mean of "
        f"{format_spread(best.headline)}; no other model differs from it in one thing only."
    )
