"""Commands in the documentation are ones that exist."""

import re
import shlex

import pytest
import yaml
from snakemake.utils import update_config

from teachtext.cli import main
from teachtext.config_loading import load_config
from tests.presets import on_authors_features
from tests.running import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def commands_of(page):
    """Lines of shell blocks, those that go on in the next line joined."""
    blocks = re.findall(r"^```sh\n(.*?)^```", page.read_text(), re.M | re.S)
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    return [shlex.split(line, comments=True) for line in lines if line.strip()]


COMMANDS = [command for page in PAGES for command in commands_of(page)]
OURS = [command for command in COMMANDS if command[0] == "teachtext"]
PRESETS = sorted({word for command in COMMANDS for word in command if "workflow/presets" in word})
REPRODUCE = (ROOT / "docs/reproduce.md").read_text()
OVERLAYS = re.findall(r"^```yaml\n(# .*? laid over .*?)^```", REPRODUCE, re.M | re.S)


def test_the_pages_have_commands():
    assert {command[1] for command in OURS} >= {"import-dataset", "import-features"}
    assert len(PRESETS) > 3
    assert len(OVERLAYS) == 2


@pytest.mark.parametrize("command", OURS, ids=" ".join)
def test_options_in_the_documentation_exist(command, capsys):
    with pytest.raises(SystemExit):
        main([command[1], "--help"])
    known = set(re.findall(r"--[a-z-]+", capsys.readouterr().out))
    assert {word for word in command if word.startswith("--")} <= known


@pytest.mark.parametrize("path", PRESETS)
def test_presets_in_the_documentation_exist(path):
    assert (ROOT / path).is_file()


@pytest.mark.parametrize(
    "overlay",
    re.findall(
        r"^```yaml\n(# .*? laid over .*?)^```",
        (ROOT / "docs/reproduce.md").read_text(),
        re.M | re.S,
    ),
    ids=lambda overlay: overlay.split(",")[0],
)
def test_files_in_reproduce_fit_over_the_presets(overlay):
    values: dict = {}
    for path in (ROOT / "config.yaml", *on_authors_features("msrvtt-full")):
        update_config(values, yaml.safe_load(path.read_text()))
    update_config(values, yaml.safe_load(overlay))
    load_config(values)
