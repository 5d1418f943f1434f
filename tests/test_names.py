"""One word, one meaning: a public name is defined once."""

import ast
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parent.parent
SHARED = {
    "main": "of every stage and command, and of the programs that tests start",
    "add_arguments": "of every stage and command: the command line asks each for its own",
    "log": "of every module that logs",
}
"""Names that many modules have by design, and why."""


def defined(tree):
    """Names that a module defines at its top: functions, classes and what is assigned."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for name in (name for target in targets for name in ast.walk(target)):
                if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store):
                    yield name.id


def modules_by_name():
    """Public name -> modules that define it, in the package and among the helpers of its tests."""
    modules = defaultdict(list)
    for folder in ("teachtext", "tests/support"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for name in set(defined(ast.parse(path.read_text()))):
                if not name.startswith("_"):
                    modules[name].append(path.relative_to(ROOT).as_posix())
    return modules


def test_a_public_name_is_defined_once():
    modules = modules_by_name()
    twice = {name for name, places in modules.items() if len(places) > 1}
    assert {name: modules[name] for name in twice - set(SHARED)} == {}
    assert set(SHARED) <= twice
