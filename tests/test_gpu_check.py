"""The check of a GPU is what its page says. It needs no GPU to say what it would do."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs/gpu.md").read_text()
SOURCE = (ROOT / "benchmarks/gpu_parts.py").read_text()


def check(*words):
    command = ["bash", str(ROOT / "benchmarks/gpu_check.sh"), *words]
    environment = {"PATH": "/usr/bin:/bin", "PYTHON": sys.executable}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.fixture(scope="module")
def parts():
    return re.findall(r"^(\w+) +at most +(\d+) s", check("--list"), re.M)


def test_the_page_has_every_part_in_order(parts):
    assert re.findall(r"^\| `(\w+)` \|", PAGE, re.M) == [name for name, _ in parts]


def test_every_part_has_a_function(parts):
    assert re.findall(r"^def check_(\w+)\(", SOURCE, re.M) == [name for name, _ in parts]


def test_the_page_has_every_option():
    options = set(re.findall(r"--[a-z]+", check("--help"))) - {"--help"}
    assert options == set(re.findall(r"--[a-z]+", PAGE))
