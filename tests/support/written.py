"""The stages and rules as they are written, and the layers of the package."""

import re

from tests.support.running import ROOT

STAGES = re.findall(r"rules/(\w+)\.smk", (ROOT / "Snakefile").read_text())
RULE = r"^(?:rule|checkpoint|use rule \w+ as) (\w+)(?: with)?:\n(.*?)(?=^\w|\Z)"
RULES = {
    name: (path.stem, body)
    for path in (ROOT / "workflow/rules").glob("*.smk")
    for name, body in re.findall(RULE, path.read_text(), re.M | re.S)
}
LAYERS = [
    "errors",
    "files",
    "tables",
    "config",
    "runtime",
    "store",
    "pretrained",
    "video",
    "demo",
    "text",
    "experts",
    "models",
    "evaluation",
    "training",
    "text.tuning",
    "denoising",
    "pruning",
    "search",
    "report",
    "interop",
    "jobs",
    "stages",
    "arguments",
    "commands",
    "cli",
]
"""From the ground up: a package imports from those before it alone."""
