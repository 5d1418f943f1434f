"""Plots as inline SVG that takes its colours from the page. Drawn by matplotlib, no files."""

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

DASHES = {
    "teachers": (0, (4, 2)),
    "students": "solid",
    "pruned": (0, (1, 1.5)),
    "zero_shot": (0, (5, 1.5, 1, 1.5)),
    "released": (0, (6, 1)),
}
WIDTH_INCHES, HEIGHT_INCHES = 5.6, 3.3
INK = "#010203"  # stands for the text colour of the page; nothing else is drawn in it


@dataclass(frozen=True)
class Line:
    """One model in a plot: mean over its seeds, their range, and a mark for each seed.

    Attributes:
        key: Short name, the same in every plot; the page highlights lines by it.
        section: Section of the model, which determines how the line is dashed.
    """

    key: str
    color: str
    section: str
    x: Sequence[float]
    mean: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]
    marks: Sequence[tuple[float, float]] = ()


@dataclass(frozen=True)
class Curve:
    """Models of one kind, from the most expensive to the cheapest.

    Attributes:
        dash: Line style of Matplotlib.
        x: Cost of each model.
        mean: Mean of each model over its seeds.
        std: Standard deviation of each model over its seeds; 0 draws no bar.
        filled: True for each model whose dot is filled.
        labels: Label beside each dot; empty for no labels.
    """

    color: str
    dash: str
    x: Sequence[float]
    mean: Sequence[float]
    std: Sequence[float]
    filled: Sequence[bool]
    labels: Sequence[str]


@dataclass(frozen=True)
class Box:
    """Distribution of values: percentiles 5, 25, 50, 75 and 95.

    Attributes:
        key: Short name of the model, the same in every plot.
        x: Position on the x axis; places count from 0.
    """

    key: str
    color: str
    x: float
    lowest: float
    low: float
    middle: float
    high: float
    highest: float


def draw_lines(name: str, lines: Sequence[Line], *, x_label: str, y_label: str) -> Markup:
    """Draw lines over a common x axis.

    Args:
        name: Unique name in the page; prefix of every ID inside the picture.
        lines: Lines in the order in which they are drawn.
        x_label: Label of the x axis; plain words, no names that the user chose.
        y_label: Label of the y axis; plain words, no names that the user chose.
    """

    def draw(axes: Axes) -> None:
        for line in lines:
            _draw_line(axes, line)
        axes.margins(x=0.02)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))

    return _picture(name, draw, x_label=x_label, y_label=y_label)


def draw_curves(
    name: str,
    curves: Sequence[Curve],
    *,
    x_label: str,
    y_label: str,
    places: Sequence[str] | None = None,
) -> Markup:
    """Draw means and standard deviations over what models cost, or over named places.

    Args:
        name: Unique name in the page; prefix of every ID inside the picture.
        curves: Curves in the order in which they are drawn.
        x_label: Label of the x axis; plain words, no names that the user chose.
        y_label: Label of the y axis; plain words, no names that the user chose.
        places: Names of the places, from left to right; x counts them from 0. None for an axis of
            numbers.
    """

    def draw(axes: Axes) -> None:
        for curve in curves:
            _draw_curve(axes, curve)
        if places is None:
            axes.margins(x=0.09, y=0.14)
        else:
            _name_places(axes, places)

    return _picture(name, draw, x_label=x_label, y_label=y_label)


def draw_boxes(name: str, boxes: Sequence[Box], places: Sequence[str], *, y_label: str) -> Markup:
    """Draw distributions over named places: line 5 to 95 %, bar 25 to 75 %, dot 50 %.

    Args:
        name: Unique name in the page; prefix of every ID inside the picture.
        boxes: Boxes in the order in which they are drawn.
        places: Names of the experts, from left to right.
        y_label: Label of the y axis; plain words, no names that the user chose.
    """

    def draw(axes: Axes) -> None:
        for number, box in enumerate(boxes):
            color, gid = box.color, f"box-{number}"
            axes.vlines(
                box.x, box.lowest, box.highest, color, linewidth=1, gid=f"{gid}-line-{box.key}"
            )
            axes.vlines(
                box.x, box.low, box.high, color, linewidth=4, alpha=0.6, gid=f"{gid}-band-{box.key}"
            )
            axes.plot(
                [box.x], [box.middle], "o", markersize=4, color=color, gid=f"{gid}-mark-{box.key}"
            )
        _name_places(axes, places)
        axes.set_ylim(bottom=0)

    wide = (2 * WIDTH_INCHES, HEIGHT_INCHES)
    return _picture(name, draw, x_label="expert", y_label=y_label, size=wide)


def draw_matrix(name: str, rows: NDArray[np.float64], *, low: float, high: float) -> Markup:
    """Draw similarities as colours, with dark for low, beside a colour scale.

    Args:
        name: Unique name in the page; prefix of every ID inside the picture.
        rows: (captions, videos) Similarities.
        low: Value of the darkest colour.
        high: Value of the brightest colour.
    """

    def draw(axes: Axes) -> None:
        picture = axes.imshow(rows, vmin=low, vmax=high, cmap="viridis", interpolation="nearest")
        axes.grid(visible=False)
        axes.set_xticks([])
        axes.set_yticks([])
        axes.figure.colorbar(picture, ax=axes, shrink=0.85)

    square = (HEIGHT_INCHES, 0.82 * HEIGHT_INCHES)
    return _picture(name, draw, x_label="video", y_label="caption", size=square)


def _name_places(axes: Axes, places: Sequence[str]) -> None:
    axes.set_xlim(-0.5, len(places) - 0.5)
    axes.set_xticks(range(len(places)), places)


def _picture(
    name: str,
    draw: Callable[[Axes], None],
    *,
    x_label: str,
    y_label: str,
    size: tuple[float, float] = (WIDTH_INCHES, HEIGHT_INCHES),
) -> Markup:
    style = {
        "svg.fonttype": "none", "svg.hashsalt": name, "font.size": 9, "axes.linewidth": 0.8,
        "text.color": INK, "axes.labelcolor": INK, "axes.edgecolor": INK,
        "xtick.color": INK, "ytick.color": INK, "grid.color": INK, "grid.alpha": 0.13,
        "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True,
        "text.parse_math": False,  # names are no formulas, whatever signs they have
    }  # fmt: skip
    with mpl.rc_context({**mpl.rcParamsDefault, **style}):
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.subplots()
        draw(axes)
        axes.set_xlabel(x_label)
        axes.set_ylabel(y_label)
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    return _inline(buffer.getvalue(), name, f"{y_label} by {x_label}")


def _draw_curve(axes: Axes, curve: Curve) -> None:
    color = curve.color
    axes.errorbar(
        curve.x, curve.mean, yerr=curve.std, color=color, linestyle=curve.dash, linewidth=1.6,
        elinewidth=1, capsize=2.5,
    )  # fmt: skip
    for x, mean, filled in zip(curve.x, curve.mean, curve.filled, strict=True):
        axes.plot(
            [x], [mean], "o", markersize=6, markeredgecolor=color,
            markerfacecolor=color if filled else "none",
        )  # fmt: skip
    for text, x, mean in zip(curve.labels, curve.x, curve.mean, strict=bool(curve.labels)):
        axes.annotate(text, (x, mean), xytext=(5, 5), textcoords="offset points", fontsize=8)


def _draw_line(axes: Axes, line: Line) -> None:
    if any(low != high for low, high in zip(line.low, line.high, strict=True)):
        axes.fill_between(
            line.x, line.low, line.high, color=line.color, alpha=0.16, linewidth=0,
            gid=f"band-{line.key}",
        )  # fmt: skip
    axes.plot(
        line.x, line.mean, linestyle=DASHES[line.section], linewidth=1.6, color=line.color,
        gid=f"line-{line.key}",
    )  # fmt: skip
    if line.marks:
        x, y = zip(*line.marks, strict=True)
        axes.plot(x, y, "o", markersize=4.5, color=line.color, gid=f"mark-{line.key}")


def _inline(svg: str, name: str, description: str) -> Markup:
    """Make a stand-alone SVG fit into the page: no fixed size, own ids, the page's colours."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"font-family: [^;\"]*;? ?", "", svg)
    svg = re.sub(r"\b(id=\"|href=\"#|url\(#)", rf"\g<1>{name}-", svg)
    svg = svg.replace(INK, "currentColor")
    view_box = re.search(r'viewBox="[^"]*"', svg)
    if view_box is None:
        raise ValueError("matplotlib wrote an SVG without a viewBox.")
    svg = re.sub(
        r"<svg[^>]*>",
        f'<svg {view_box[0]} role="img" aria-label="{Markup.escape(description)}">',
        svg,
        count=1,
    )
    return Markup(svg)
