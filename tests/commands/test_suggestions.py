"""Every command that a message of the package suggests can be typed as it stands there."""

import ast
import re
import shlex

import pytest
from snakemake.cli import parse_args

from teachtext.cli import command_names, parse
from teachtext.config.home import Home
from tests.support.running import ROOT, teachtext
from tests.support.toy_indexes import gallery, write_index

SUGGESTED = re.compile(r"`((?:teachtext|snakemake)\b[^`]*)`|[Rr]un snakemake\b")
NO_MESSAGES = {"description", "help", "epilog"}
"""Arguments whose texts explain what there is."""


def texts_of(node):
    """Texts of a module that somebody may read while it runs, its f-strings with an x inside."""
    if isinstance(node, ast.JoinedStr):
        yield "".join(getattr(part, "value", "x") for part in map(constant, node.values))
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.keyword) and node.arg in NO_MESSAGES:
        return
    elif not is_docstring(node):
        for inner in ast.iter_child_nodes(node):
            yield from texts_of(inner)


def constant(part):
    return part if isinstance(part, ast.Constant) else ast.Constant("x")


def is_docstring(node):
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def suggestions():
    """Command -> a module that suggests it."""
    found = {}
    for path in sorted((ROOT / "teachtext").rglob("*.py")):
        for text in texts_of(ast.parse(path.read_text())):
            for match in SUGGESTED.finditer(text):
                found.setdefault(match[1] or "snakemake", path.stem)
    return found


FOUND = suggestions()


def test_messages_suggest_commands():
    expected = {"teachtext list-failures", "teachtext retry-failures", "snakemake --unlock"}
    assert expected | {"snakemake", "teachtext status"} <= set(FOUND)


@pytest.mark.parametrize("command", FOUND)
def test_a_suggestion_can_be_typed(command, tmp_path):
    home = Home(tmp_path / "it's $(mine)", ROOT)
    (typed,) = re.findall(r"`(.*)`", home.complete(f"`{command}`"))
    program, *words = shlex.split(typed)
    if program == "teachtext":
        assert parse(words[0], words[1:]).directory == home.folder
    else:
        _, args = parse_args(words)
        assert args.directory == home.folder
        assert args.cores > 0


@pytest.mark.parametrize("name", command_names())
def test_every_command_that_reads_a_run_takes_its_folder_and_no_file_that_has_run(name):
    text = (ROOT / f"teachtext/arguments/{name.replace('-', '_')}.py").read_text()
    if not name.startswith("import-") and name not in ("init", "add", "remove"):
        assert "add_directory(parser)" in text
    assert "add_configfile" not in text or name in ("status", "plan")


def test_what_is_suggested_for_a_folder_runs(tmp_path):
    write_index(tmp_path / "mine", gallery())
    home = Home(tmp_path / "mine", tmp_path)
    commands = [command for command in FOUND if command.startswith("teachtext")]
    for command in commands:
        (typed,) = re.findall(r"`(.*)`", home.complete(f"`{command}`"))
        assert teachtext(tmp_path, *shlex.split(typed)[1:])
    assert len(commands) > 2
