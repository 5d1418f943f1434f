"""The law: one word everywhere."""

import ast
import re

import pytest
import yaml

from teachtext.cli import command_names, stage_names
from teachtext.store.versions import STAGE_VERSIONS
from tests.support.running import ROOT
from tests.support.written import LAYERS, STAGES, WRITTEN_RULES


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage != "common"])
def test_a_stage_word_names_file_section_and_heading(stage):
    assert (ROOT / f"workflow/rules/{stage}.smk").exists()
    assert stage in yaml.safe_load((ROOT / "config.yaml").read_text())
    assert re.search(rf"^## {stage}$", (ROOT / "docs/stages.md").read_text(), re.M)


@pytest.mark.parametrize("rule", WRITTEN_RULES)
def test_a_rule_names_its_module_command_and_log(rule):
    _, body = WRITTEN_RULES[rule]
    assert (ROOT / f"teachtext/stages/{rule}.py").exists()
    assert f"python -m teachtext {rule.replace('_', '-')} " in body
    assert f'"logs/{rule}/' in body


def test_every_stage_has_a_rule():
    assert {name.replace("-", "_") for name in stage_names()} == set(WRITTEN_RULES)


def test_every_stage_and_command_has_its_arguments():
    modules = {path.stem for path in (ROOT / "teachtext/arguments").glob("[a-z]*.py")}
    assert modules == {name.replace("-", "_") for name in [*stage_names(), *command_names()]}


def test_every_rule_has_a_version():
    assert set(STAGE_VERSIONS) == set(WRITTEN_RULES)


@pytest.mark.parametrize("command", command_names())
def test_every_other_command_is_explained(command):
    assert f"teachtext {command}" in (ROOT / "README.md").read_text()


@pytest.mark.parametrize("rule", WRITTEN_RULES)
def test_every_rule_has_message_and_environment(rule):
    _, body = WRITTEN_RULES[rule]
    (environment,) = re.findall(r'"\.\./\.\./(envs/\w+\.yaml)"', body)
    assert (ROOT / environment).exists()
    assert "message:" in body


def test_sections_follow_the_data():
    sections = list(yaml.safe_load((ROOT / "config.yaml").read_text()))
    stages = [stage for stage in STAGES if stage != "common"]
    assert [section for section in sections if section in stages] == stages


def layer_of(module):
    """Place of ``teachtext.<module>`` in ``LAYERS``, or None of what is in front of all."""
    parts = module.split(".")[1:]
    return next((name for name in (".".join(parts[:2]), parts[0]) if name in LAYERS), None)


def imported(path):
    """Modules of ours that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("teachtext."))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("teachtext."):
            yield node.module
        elif isinstance(node, ast.ImportFrom) and node.module == "teachtext":
            yield from (f"teachtext.{alias.name}" for alias in node.names)


def test_a_package_imports_only_from_those_below_it():
    upward = []
    for path in (ROOT / "teachtext").rglob("*.py"):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        if (layer := layer_of(name)) is None:
            continue
        above = LAYERS[LAYERS.index(layer) + 1 :]
        upward += [(name, other) for other in imported(path) if layer_of(other) in above]
    assert upward == []


def test_nothing_lies_loose():
    loose = {path.stem for path in (ROOT / "teachtext").glob("*.py")}
    assert loose == {"__init__", "__main__", "cli", "errors"}


SECTION = re.compile(r"^(?:Args|Attributes|Raises):\n((?:    .*\n?|\n)+)", re.M)
ENTRY = re.compile(r"^    (\S[^:\n]*): (?:\([^)]*\) )?(?!or \(|float|u?int|bool)[a-z]", re.M)
"""An entry that does not stand alone; its shape and type may come first."""


def test_arguments_and_attributes_stand_alone():
    found = [
        (path.name, node.name, entry)
        for path in (ROOT / "teachtext").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        for section in SECTION.findall(ast.get_docstring(node) or "")
        for entry in ENTRY.findall(section)
    ]
    assert found == []


TESTS = [path for path in (ROOT / "tests").rglob("*.py") if path.stem != "__init__"]


def test_helpers_of_tests_are_in_one_place():
    """A test imports nothing from another test; in a process of its own it may import itself."""
    found = []
    for path in TESTS:
        own = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        names = re.findall(r"^\s*(?:from|import) (tests[\w.]*)", path.read_text(), re.M)
        mine = ("tests.support.", f"{own}.")
        found += [(own, name) for name in names if not f"{name}.".startswith(mine)]
    assert found == []
    support = ROOT / "tests/support"
    others = [path.stem for path in TESTS if not path.is_relative_to(support)]
    assert [name for name in others if not name.startswith("test_") and name != "conftest"] == []


def private(path):
    """Names of functions, classes and attributes that a file keeps to itself."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.id if isinstance(node, ast.Name) else node.attr


def reached_into(path):
    """Names of other modules and objects that a file imports, reads, or patches as text."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.Attribute) and ast.unparse(node.value) != "self":
            yield node.attr
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("setattr"):
            yield from re.findall(r"\b(\w+)'", ast.unparse(node))


def test_no_test_reaches_into_what_is_private():
    files = (ROOT / "teachtext").rglob("*.py")
    ours = {name for path in files for name in private(path) if re.match("_[a-zA-Z]", name)}
    assert [(path.name, one) for path in TESTS for one in reached_into(path) if one in ours] == []
