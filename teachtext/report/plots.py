"""Line plots as inline SVG that takes its colours from the page. Drawn by matplotlib, no files."""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

# Middle tones: each has a contrast of at least 3 on a white and on a near-black page.
COLORS = (
    "#3b7dd8", "#d9730d", "#2e9e5b", "#d6455d", "#9467d6",
    "#1598ad", "#a0704a", "#d558a8", "#94900f", "#7f8794",
)  # fmt: skip
DASHES = {"teachers": (0, (4, 2)), "students": "solid", "pruned": (0, (1, 1.5))}
WIDTH_INCHES, HEIGHT_INCHES = 5.6, 3.3
INK = "#010203"  # stands for the text colour of the page; nothing else is drawn in it


@dataclass(frozen=True)
class Line:
    """One model in a plot: mean over its seeds, their range, and a mark for each seed.

    Attributes:
        key: short name, the same in every plot; the page highlights lines by it.
        section: section of the model; it decides how the line is dashed.
    """

    key: str
    color: str
    section: str
    x: Sequence[float]
    mean: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]
    marks: Sequence[tuple[float, float]] = ()


def model_color(place: int) -> str:
    """Colour of the model at a place in the results table; they repeat after ten."""
    return COLORS[place % len(COLORS)]


def draw_lines(name: str, lines: Sequence[Line], *, x_label: str, y_label: str) -> Markup:
    """Draw lines over a common x axis.

    Args:
        name: unique in the page; prefix of every id inside the picture.
        lines: drawn in their order.
        x_label: below the picture; plain words, no names of the user's.
        y_label: beside the picture; plain words as well.
    """
    style = {
        "svg.fonttype": "none", "svg.hashsalt": name, "font.size": 9, "axes.linewidth": 0.8,
        "text.color": INK, "axes.labelcolor": INK, "axes.edgecolor": INK,
        "xtick.color": INK, "ytick.color": INK, "grid.color": INK, "grid.alpha": 0.13,
        "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True,
    }  # fmt: skip
    with mpl.rc_context({**mpl.rcParamsDefault, **style}):
        figure = Figure(figsize=(WIDTH_INCHES, HEIGHT_INCHES), layout="constrained")
        axes = figure.subplots()
        for line in lines:
            _draw_line(axes, line)
        axes.set_xlabel(x_label)
        axes.set_ylabel(y_label)
        axes.margins(x=0.02)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    return _inline(buffer.getvalue(), name, f"{y_label} by {x_label}")


def _draw_line(axes: Axes, line: Line) -> None:
    dash = DASHES.get(line.section, "solid")
    if any(low != high for low, high in zip(line.low, line.high, strict=True)):
        axes.fill_between(
            line.x, line.low, line.high, color=line.color, alpha=0.16, linewidth=0,
            gid=f"band-{line.key}",
        )  # fmt: skip
    axes.plot(
        line.x, line.mean, linestyle=dash, linewidth=1.6, color=line.color, gid=f"line-{line.key}"
    )
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
