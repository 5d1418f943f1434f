"""The stages and rules as they are written."""

import re

from tests.support.running import ROOT

STAGES = re.findall(r"rules/(\w+)\.smk", (ROOT / "Snakefile").read_text())
RULE = r"^(?:rule|checkpoint) (\w+):\n(.*?)(?=^rule |^checkpoint |\Z)"
RULES = {
    name: (path.stem, body)
    for path in (ROOT / "workflow/rules").glob("*.smk")
    for name, body in re.findall(RULE, path.read_text(), re.M | re.S)
}
