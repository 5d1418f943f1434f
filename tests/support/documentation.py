"""The documentation as a reader follows it: its blocks in order, run in a copy of the checkout."""

import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass

import yaml
from snakemake.utils import update_config

from tests.support.running import ENVIRONMENT, ROOT, TINY

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_BLOCK = re.compile(r"^```(sh|python|yaml)\n(.*?)^```", re.M | re.S)
_FILE = re.compile(r"# ([\w./-]+\.(?:py|yaml))(?:, in (\w+))?\n")
"""The first line of a block that belongs into a file, or into a table of a module."""

NOT_RUN = {
    r"make demo|make test": "from nothing to a report, and these very tests",
    r"make demo TORCH_INDEX=.*|python3 envs/install.py": "need a network; tests/test_install.py",
    r"\. .venv/bin/activate .*": "needs the environment of `make`",
    r"make schema": "needs the environment of `make`; a test compares the schema",
    r"snakemake --cores 8 --use-conda": "tests/test_conda.py runs it with a conda of its own",
    r"pip install .*": "needs a network",
    r".*(--workflow-profile|SNAKEMAKE_STORAGE).*": "needs a cluster; tests/test_slurm.py has one",
    r"teachtext import-(dataset|features) .*": "needs a benchmark's files; see tests/interop",
    r"snakemake .*workflow/presets/.*": "needs a benchmark; tests/test_presets.py plans them",
    r"teachtext plan .*workflow/presets/.*": "needs a benchmark's videos",
    r"teachtext (add|remove) .*": "needs videos of these names; see tests/commands/test_init.py",
    r"ssh .*": "needs another machine",
    r"teachtext serve.*": "does not end; tests/search/page runs it",
    r"snakemake --cores 8 --resources gpu=2": "needs GPUs",
    r"benchmarks/gpu_check.sh .*": "needs a GPU; see tests/test_gpu_check.py",
}
"""Commands that the test of the pages does not run -> why."""
SNIPPETS_NOT_RUN = {
    "data/msrvtt-full": "needs a benchmark's files; see tests/interop",
    "s3://": "needs a bucket; tests/test_object_storage.py has one",
    "video17": "the name of a video that is not there",
}
"""Words in Python blocks that the test of the pages only compiles -> why."""


@dataclass(frozen=True)
class Block:
    """A block of code: its language, its text, and the file or table that its first line names."""

    language: str
    text: str
    file: str | None
    table: str | None


def blocks_of(page):
    """All blocks of shell, Python and YAML, in order."""
    blocks = []
    for language, text in _BLOCK.findall(page.read_text()):
        named = _FILE.match(text)
        file, table = named.groups() if named else (None, None)
        blocks.append(Block(language, text, file, table))
    return blocks


def _lines_of(block):
    """Commands of a shell block; those that go on in the next line are joined."""
    lines = block.text.replace("\\\n", " ").splitlines()
    commands = [shlex.join(shlex.split(line, comments=True)) for line in lines]
    return [command for command in commands if command]


def commands_of(page):
    """All commands of a page."""
    return [line for one in blocks_of(page) if one.language == "sh" for line in _lines_of(one)]


def reason_not_run(command):
    """Why a command is not run; None: it is."""
    words = command.replace("'", "")
    return next((why for what, why in NOT_RUN.items() if re.fullmatch(what, words)), None)


def reason_only_compiled(text):
    """Why a Python block is not run; None: it is."""
    return next((why for word, why in SNIPPETS_NOT_RUN.items() if word in text), None)


def copy_checkout(folder):
    """What a reader has, with the small numbers of the tests."""
    for part in ("envs", "profiles", "teachtext", "workflow"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    for part in ("Snakefile", "pyproject.toml"):
        shutil.copy(ROOT / part, folder)
    values: dict = {}
    for path in (ROOT / "config.yaml", TINY):
        update_config(values, yaml.safe_load((ROOT / path).read_text()))
    (folder / "config.yaml").write_text(yaml.safe_dump(values, sort_keys=False))


def run_block(folder, *command):
    """Run a command as a reader does; its output is in the error if it fails."""
    environment = {**ENVIRONMENT, "PYTHONPATH": str(folder), "PYTHONWARNINGS": ""}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-5000:]}\n{done.stderr[-5000:]}"
    return done.stdout


def follow(page, folder):
    """Do what a page says, from top to bottom; returns the commands that ran."""
    ran = []
    for block in blocks_of(page):
        if block.table is not None:
            _insert(folder / block.file, block)
        elif block.file is not None:
            (folder / block.file).parent.mkdir(parents=True, exist_ok=True)
            (folder / block.file).write_text(block.text)
        elif block.language == "python" and reason_only_compiled(block.text) is None:
            ran.append(block.text)
            run_block(folder, sys.executable, "-c", block.text)
        elif block.language == "sh":
            for command in _lines_of(block):
                if reason_not_run(command) is None:
                    ran.append(command)
                    run_block(folder, "bash", "-euo", "pipefail", "-c", command)
    return ran


def _insert(module, block):
    """Put the lines of a block at the beginning of a table."""
    text, begin = module.read_text(), f"{block.table} = {{\n"
    assert text.count(begin) == 1
    lines = block.text.partition("\n")[2]
    module.write_text(text.replace(begin, begin + lines))
