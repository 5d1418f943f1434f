"""Write the table of docs/resuming.md: ``python docs/write_consequences.py``.

It comes from workflow/schemas/consequences.yaml.
"""

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/resuming.md"
TABLE = re.compile(r"(?<=<!-- made by docs/write_consequences.py -->\n).*?(?=\n<!-- end -->)", re.S)


def table() -> str:
    """Rows of keys that have the same consequences, in the order of config.yaml."""
    consequences = yaml.safe_load((ROOT / "workflow/schemas/consequences.yaml").read_text())
    rows: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for key, rules in consequences.items():
        parent, _, name = key.rpartition(".")
        rows.setdefault((parent, tuple(rules)), []).append(name)
    lines = ["| you changed | what is computed again |", "|---|---|"]
    lines += [
        f"| {_keys(parent, names)} | {_rules(rules)} |" for (parent, rules), names in rows.items()
    ]
    return "\n".join(lines)


def _keys(parent: str, names: list[str]) -> str:
    listed = ", ".join(f"`{name}`" for name in names)
    return f"`{parent}`: {listed}" if parent else listed


def _rules(rules: tuple[str, ...]) -> str:
    if not rules:
        return "nothing but the report"
    return ", ".join(f"`{rule}`" for rule in rules)


def page() -> str:
    """The page with the table of now."""
    return TABLE.sub(lambda _: table(), PAGE.read_text())


if __name__ == "__main__":
    PAGE.write_text(page())
