"""The law: one word everywhere."""

import re
from pathlib import Path

import pytest
import yaml

from teachtext.cli import command_names, stage_names
from teachtext.versions import STAGE_VERSIONS

ROOT = Path(__file__).parent.parent
STAGES = re.findall(r"rules/(\w+)\.smk", (ROOT / "Snakefile").read_text())
RULE = r"^(?:rule|checkpoint) (\w+):\n(.*?)(?=^rule |^checkpoint |\Z)"
RULES = {
    name: (path.stem, body)
    for path in (ROOT / "workflow/rules").glob("*.smk")
    for name, body in re.findall(RULE, path.read_text(), re.M | re.S)
}


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage != "common"])
def test_a_stage_word_names_file_section_and_heading(stage):
    assert (ROOT / f"workflow/rules/{stage}.smk").exists()
    assert stage in yaml.safe_load((ROOT / "config.yaml").read_text())
    assert re.search(rf"^### {stage}$", (ROOT / "README.md").read_text(), re.M)


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_names_its_module_command_and_log(rule):
    _, body = RULES[rule]
    assert (ROOT / f"teachtext/stages/{rule}.py").exists()
    assert f"python -m teachtext {rule.replace('_', '-')} " in body
    assert f'"logs/{rule}/' in body


def test_every_stage_has_a_rule():
    assert {name.replace("-", "_") for name in stage_names()} == set(RULES)


def test_every_stage_and_command_has_its_arguments():
    modules = {path.stem for path in (ROOT / "teachtext/arguments").glob("[a-z]*.py")}
    assert modules == {name.replace("-", "_") for name in [*stage_names(), *command_names()]}


def test_every_rule_has_a_version():
    assert set(STAGE_VERSIONS) == set(RULES)


@pytest.mark.parametrize("command", command_names())
def test_every_other_command_is_explained(command):
    assert f"teachtext {command}" in (ROOT / "README.md").read_text()


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_message_and_environment(rule):
    _, body = RULES[rule]
    (environment,) = re.findall(r'"\.\./\.\./(envs/\w+\.yaml)"', body)
    assert (ROOT / environment).exists()
    assert "message:" in body


def test_sections_follow_the_data():
    sections = list(yaml.safe_load((ROOT / "config.yaml").read_text()))
    stages = [stage for stage in STAGES if stage != "common"]
    assert [section for section in sections if section in stages] == stages


@pytest.mark.parametrize("rule", RULES)
def test_no_command_line_grows_with_the_number_of_shards(rule):
    """Linux refuses an argument of more than 128 kB, which is what bash gets: a thousand paths."""
    _, body = RULES[rule]
    inputs, command = body.split("shell:")
    of_all_shards = re.findall(r"(\w+)=(?:expand\([^()]*shard=SHARDS|model_features)", inputs)
    assert not [name for name in of_all_shards if f"{{input.{name}" in command]
    unnamed = re.search(r"^\s+expand\([^()]*shard=SHARDS", inputs, re.M)
    assert not (unnamed and "{input:" in command)
