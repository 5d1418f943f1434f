"""What `make` says and does before there is an environment; nothing is installed."""

import ast
import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.running import ROOT

SCRIPT = ROOT / "envs/install.py"
VERSION = ".".join(map(str, sys.version_info[:3]))
CPU = "https://example.org/cpu"


def load():
    spec = importlib.util.spec_from_file_location("install", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def install(tmp_path, monkeypatch):
    """The script in a folder of its own, with pip and venv only noted down."""
    module = load()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "envs").mkdir()
    for name in (*module.LOCKS, "envs/install.py"):
        (tmp_path / name).write_text(name)
    module.commands = []

    def run(command):
        module.commands.append(command)
        if command[1:3] == ["-m", "venv"]:
            make_venv(VERSION)

    monkeypatch.setattr(module, "run", run)
    monkeypatch.setattr(module, "starts", lambda python: True)
    return module


def make_venv(version):
    Path(".venv/bin").mkdir(parents=True)
    Path(".venv/pyvenv.cfg").write_text(f"home = /usr/bin\nversion = {version}\n")
    Path(".venv/bin/python").write_text("")


def call(module, monkeypatch, *arguments):
    """The pip and venv commands of a call."""
    monkeypatch.setattr(sys, "argv", ["install.py", *arguments])
    module.commands.clear()
    module.main()
    return [" ".join(command) for command in module.commands]


def test_old_pythons_can_read_it():
    ast.parse(SCRIPT.read_text(), feature_version=(3, 6))


@pytest.mark.parametrize("version", [(3, 9, 18), (3, 14, 0)])
def test_a_python_too_old_or_too_new_is_told_which_to_use(install, monkeypatch, version):
    monkeypatch.setattr(sys, "version_info", version)
    found = re.escape(
        "3.11, 3.12 or 3.13 is needed. Use the one you have: make demo PYTHON=python3"
    )
    with pytest.raises(SystemExit, match=rf"is Python {version[0]}\.{version[1]}, and {found}"):
        call(install, monkeypatch)
    monkeypatch.setattr(install, "starts", lambda python: False)
    with pytest.raises(SystemExit, match="Install one of them"):
        call(install, monkeypatch)
    assert install.commands == []


def test_the_pythons_are_those_of_the_package_and_of_check_wheels():
    text = (ROOT / "pyproject.toml").read_text()
    minors = re.findall(r"Python :: 3\.(\d+)", text)
    assert minors == ["11", "12", "13"]
    assert 'requires-python = ">=3.11,<3.14"' in text
    assert "PYTHONS = ((3, 11), (3, 12), (3, 13))" in (ROOT / "envs/check_wheels.py").read_text()


def test_a_python_that_is_not_there_is_one_line():
    make = ["make", "--directory", str(ROOT), ".venv/installed", "PYTHON=python9"]
    done = subprocess.run(make, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "There is no python9. Name a Python 3.11, 3.12 or 3.13" in done.stdout


def test_torch_brings_its_libraries_and_the_rest_is_the_lock(install, monkeypatch):
    venv, torch, rest, ours = call(install, monkeypatch)
    assert venv.endswith("-m venv .venv")
    assert torch.endswith(
        "torch --constraint constraints.txt --constraint envs/torch-libraries.txt"
    )
    assert rest.endswith("--no-deps --requirement constraints.txt")
    assert ours.endswith("--editable .")
    assert call(install, monkeypatch) == []


def test_another_build_of_torch_comes_from_its_index_alone(install, monkeypatch):
    _, torch, needs, _, _ = call(install, monkeypatch, "--torch-index", CPU)
    assert torch.endswith(f"--no-deps --index-url {CPU} torch --constraint constraints.txt")
    assert needs.endswith("off torch --constraint constraints.txt")
    assert call(install, monkeypatch) == []  # it stays
    (install.VENV.parent / "constraints.txt").write_text("more")
    assert CPU in call(install, monkeypatch)[0]
    assert "venv .venv" in call(install, monkeypatch, "--torch-index", "https://example.org/cu")[0]


@pytest.mark.parametrize("version", [VERSION, "3.10.1"])
def test_what_a_kill_left_or_another_python_made_is_made_anew(install, monkeypatch, version):
    make_venv(version)
    (install.VENV / "left").write_text("")
    if version != VERSION:
        install.STAMP.write_text(install.stamp_of(""))
    assert "venv .venv" in call(install, monkeypatch)[0]
    assert not (install.VENV / "left").exists()
    assert install.STAMP.exists()


def test_new_pins_are_installed_into_what_is_whole(install, monkeypatch):
    call(install, monkeypatch)
    (install.VENV / "kept").write_text("")
    (install.VENV.parent / "constraints.txt").write_text("new")
    assert len(call(install, monkeypatch)) == 3
    assert (install.VENV / "kept").exists()


def test_an_update_that_was_stopped_is_made_anew(install, monkeypatch):
    call(install, monkeypatch)
    (install.VENV.parent / "constraints.txt").write_text("new")
    with monkeypatch.context() as stopped:
        stopped.setattr(install, "run", stop)
        with pytest.raises(SystemExit, match="The same command goes on"):
            call(install, monkeypatch)
    assert "venv .venv" in call(install, monkeypatch)[0]


def test_one_works_at_a_time(install, monkeypatch, capsys):
    holder = subprocess.Popen([sys.executable, "-c", HOLDER], stdout=subprocess.PIPE, text=True)
    assert holder.stdout.readline() == "held\n"
    assert len(call(install, monkeypatch)) == 4
    assert holder.poll() is not None or holder.wait(5) == 0
    assert "Waiting until another process has ended" in capsys.readouterr().out


HOLDER = """
import fcntl, time
file = open("envs/install.py")
fcntl.flock(file, fcntl.LOCK_EX)
print("held", flush=True)
time.sleep(0.5)
"""


def test_a_pip_that_is_killed_says_so(monkeypatch):
    module = load()
    with pytest.raises(RuntimeError, match="ERROR: pip was ended by signal 9"):
        module.run([sys.executable, "-c", "import os; print('x'); os.kill(os.getpid(), 9)"])


def stop(command):
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
         "A disk is full"),
        ("Retrying (...) after connection broken by 'NewConnectionError(': [Errno 111] Connection "
         "refused')': /simple/torch/\nERROR: No matching distribution found for torch",
         "pip cannot reach its package index (Connection refused)"),
        ("ERROR: No matching distribution found for decord==0.6.0", "has no decord==0.6.0"),
        ("The virtual environment was not created because ensurepip is not available.",
         "apt install python3-venv"),
        ("Collecting x\nERROR: Something.\nmore\n", "ERROR: Something. Mend that"),
        ("", "it fails. Mend that"),
    ],
)  # fmt: skip
def test_a_failure_is_one_line_that_says_what_to_do(install, said, told):
    line = install.explain(said)
    assert told in line
    assert line.endswith("and run the same command again.")
    assert "\n" not in line
