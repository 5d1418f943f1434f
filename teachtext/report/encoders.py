"""Models that differ in their text encoder alone, side by side. Records in, records out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from teachtext.report.differences import DifferenceRow
from teachtext.report.plots import Curve, draw_curves
from teachtext.report.summary import (
    COLORS,
    DIRECTION_NAMES,
    UNTRAINED,
    ModelSummary,
    without_teachers,
)


@dataclass(frozen=True)
class EncoderRow:
    """One model of a group.

    Attributes:
        difference: Difference from the first model of the group; None for the first.
    """

    model: ModelSummary
    difference: DifferenceRow | None


@dataclass(frozen=True)
class EncoderGroup:
    """Models of one section that differ in their text encoder alone, and their plot."""

    section: str
    rows: tuple[EncoderRow, ...]
    plot: Markup


def group_encoders(models: Sequence[ModelSummary]) -> list[list[ModelSummary]]:
    """Models that differ in their text encoder alone, where there are several.

    Two of the same text encoder and all else, such as two that differ in their teachers, are of
    different groups.
    """
    groups: dict[str, list[ModelSummary]] = {}
    for model in models:
        if model.section not in UNTRAINED:
            groups.setdefault(_all_else(model), []).append(model)
    return [group for group in groups.values() if len({m.text_encoder for m in group}) > 1]


def encoder_pairs(models: Sequence[ModelSummary]) -> list[tuple[str, str]]:
    """Each model of a group, and the first of it."""
    return [
        (model.model, group[0].model) for group in group_encoders(models) for model in group[1:]
    ]


def compare_encoders(
    models: Sequence[ModelSummary], effects: Mapping[tuple[str, str], DifferenceRow]
) -> list[EncoderGroup]:
    """Tabulate and draw every group.

    Args:
        models: All models.
        effects: Difference of each pair in ``encoder_pairs``.
    """
    return [
        EncoderGroup(
            group[0].section,
            tuple(EncoderRow(model, effects.get((model.model, group[0].model))) for model in group),
            _plot(f"encoders-{place}", group),
        )
        for place, group in enumerate(group_encoders(models))
    ]


def _all_else(model: ModelSummary) -> str:
    return repr(
        (
            model.section,
            sorted(model.models.items()),
            sorted(without_teachers(model).items()),
            sorted(model.experts),
            sorted(model.teachers),
            model.captions,
        )
    )


def _plot(name: str, group: Sequence[ModelSummary]) -> Markup:
    """Means and standard deviations over seeds, a colour for each direction."""
    curves = []
    for place, direction in enumerate(DIRECTION_NAMES):
        found = [model.test[direction]["geometric_mean"] for model in group]
        shift = 0.12 * (2 * place - 1)
        curves.append(
            Curve(
                color=COLORS[place],
                dash="none",
                x=[number + shift for number in range(len(group))],
                mean=[value.mean for value in found],
                std=[value.std or 0.0 for value in found],
                filled=[True] * len(group),
                labels=(),
            )
        )
    return draw_curves(
        name,
        curves,
        places=[model.text_encoder for model in group],
        x_label="text encoder",
        y_label="test geometric mean, %",
    )
