"""Draw docs/dag.svg, the stages with their rules: ``python docs/draw_dag.py > docs/dag.svg``."""

import sys

from teachtext.jobs.rules import RULES

PLACES = {
    "demo": (0, 0.2),
    "video": (0, 1.4),
    "experts": (1, 1.2),
    "text": (1, 3.1),
    "teachers": (2, 1.7),
    "denoise": (3, 0.4),
    "students": (3, 1.8),
    "pruned": (4, 0.4),
    "zero_shot": (4, 2.6),
    "released": (4, 3.5),
    "evaluate": (5, 1.6),
    "report": (6, 0.9),
    "search": (6, 2.2),
}
"""Stage -> column, and row of its upper edge."""
EDGES = [
    ("demo", "video"),
    ("video", "experts"),
    ("demo", "text"),
    ("experts", "teachers"),
    ("text", "teachers"),
    ("teachers", "denoise"),
    ("teachers", "students"),
    ("denoise", "students"),
    ("students", "pruned"),
    ("experts", "zero_shot"),
    ("text", "zero_shot"),
    ("experts", "released"),
    ("text", "released"),
    ("students", "evaluate"),
    ("pruned", "evaluate"),
    ("zero_shot", "evaluate"),
    ("released", "evaluate"),
    ("evaluate", "report"),
    ("students", "search"),
]
"""What is made from what; what another way leads to already is left out."""
BELOW_TEACHERS = 2.75
"""Row at which an arrow from experts passes below the box of the teachers."""
COLUMN, ROW, WIDTH, LINE, MARGIN = 196, 92, 168, 16, 12
STYLE = """
  text { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: 12px }
  .stage { font-weight: bold; font-size: 13px; fill: #14417b }
  .rule { fill: #333 }
  rect { fill: #eef3fa; stroke: #7d9cc6 }
  path { fill: none; stroke: #8a8f98; stroke-width: 1.5 }
  marker path { fill: #8a8f98; stroke: none }
  @media (prefers-color-scheme: dark) {
    .stage { fill: #a9c9f5 }
    .rule { fill: #d0d4da }
    rect { fill: #1c2633; stroke: #4a6a96 }
    path { stroke: #7b828d }
    marker path { fill: #7b828d }
  }
"""


def rules_of_stages() -> dict[str, list[str]]:
    """Stage -> its rules, in the order of the Snakefile."""
    stages: dict[str, list[str]] = {}
    for rule, job in RULES.items():
        stages.setdefault(job.stage, []).append(rule)
    return stages


def draw() -> str:
    """The picture, as SVG that follows the reader's light or dark scheme."""
    stages = rules_of_stages()
    width = MARGIN * 2 + COLUMN * 6 + WIDTH
    height = max(_top(stage) + _height(rules) for stage, rules in stages.items()) + MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height:.0f}" role="img">',
        "<title>The stages of teachtext, in data-flow order, and their rules</title>",
        f"<style>{STYLE}</style>",
        '<defs><marker id="end" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" '
        'markerHeight="8" orient="auto"><path d="M0,0 L8,4 L0,8 z"/></marker></defs>',
    ]
    parts += [_edge(a, b, stages) for a, b in EDGES]
    parts += [_box(stage, rules) for stage, rules in stages.items()]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _left(stage: str) -> int:
    return MARGIN + COLUMN * PLACES[stage][0]


def _top(stage: str) -> float:
    return MARGIN + ROW * PLACES[stage][1]


def _height(rules: list[str]) -> int:
    return LINE * (len(rules) + 1) + 14


def _box(stage: str, rules: list[str]) -> str:
    x, y = _left(stage), _top(stage)
    lines = [
        f'<rect x="{x}" y="{y:.0f}" width="{WIDTH}" height="{_height(rules)}" rx="6"/>',
        f'<text class="stage" x="{x + 10}" y="{y + 20:.0f}">{stage}</text>',
    ]
    for place, rule in enumerate(rules, 1):
        at = y + 20 + LINE * place
        lines.append(f'<text class="rule" x="{x + 10}" y="{at:.0f}">{rule}</text>')
    return "\n".join(lines)


def _edge(first: str, second: str, stages: dict[str, list[str]]) -> str:
    if PLACES[first][0] == PLACES[second][0]:
        x = _left(first) + WIDTH / 2
        ends = _top(first) + _height(stages[first]), _top(second)
        if PLACES[first][1] > PLACES[second][1]:
            ends = _top(first), _top(second) + _height(stages[second])
        return f'<path d="M{x:.0f},{ends[0]:.0f} L{x:.0f},{ends[1]:.0f}" marker-end="url(#end)"/>'
    x, y = _left(first) + WIDTH, _top(first) + _height(stages[first]) / 2
    to_x, to_y = _left(second), _top(second) + _height(stages[second]) / 2
    if first == "experts" and PLACES[second][0] > PLACES["teachers"][0]:
        via = MARGIN + ROW * BELOW_TEACHERS
        return (
            f'<path d="M{x:.0f},{y:.0f} '
            f"C{x + 26:.0f},{y:.0f} {x:.0f},{via:.0f} {x + 40:.0f},{via:.0f} "
            f"L{to_x - 60:.0f},{via:.0f} C{to_x - 30:.0f},{via:.0f} {to_x - 30:.0f},{to_y:.0f} "
            f'{to_x:.0f},{to_y:.0f}" marker-end="url(#end)"/>'
        )
    bend = min(40.0, (to_x - x) * 0.8)
    return (
        f'<path d="M{x:.0f},{y:.0f} C{x + bend:.0f},{y:.0f} {to_x - bend:.0f},{to_y:.0f} '
        f'{to_x:.0f},{to_y:.0f}" marker-end="url(#end)"/>'
    )


if __name__ == "__main__":
    sys.stdout.write(draw())
