"""The stages and rules as they are written, and the layers of the package."""

import re

from tests.support.running import ROOT

STAGES = re.findall(r"rules/(\w+)\.smk", (ROOT / "Snakefile").read_text())
RULE = re.compile(
    r"^(?:rule|checkpoint|use rule (?P<like>\w+) as) (?P<name>\w+)(?: with)?:\n"
    r"(?P<body>.*?)(?=^\w|\Z)",
    re.M | re.S,
)


def _rules():
    """Name of a rule -> its stage and its text, with that of the rule that it is like."""
    found = {
        match["name"]: (path.stem, match["body"], match["like"])
        for path in (ROOT / "workflow/rules").glob("*.smk")
        for match in RULE.finditer(path.read_text())
    }
    for name, (stage, body, like) in found.items():
        whole = body + (found[like][1] if like else "")
        yield name, (stage, whole.replace("{params.command}", name.replace("_", "-")))


WRITTEN_RULES = dict(_rules())
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
    "home",
    "jobs",
    "stages",
    "arguments",
    "commands",
    "cli",
]
"""From the ground up: a package imports from those before it alone."""
