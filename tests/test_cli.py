import errno
import subprocess
import sys

import pytest

from teachtext.cli import command_names, main, stage_names
from tests.support.running import ENVIRONMENT

EXPLAIN_ALL = """
import contextlib, io, sys
known = {*sys.modules, *sys.stdlib_module_names}
from teachtext.cli import command_names, main, stage_names
for name in [*command_names(), *stage_names()]:
    with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
        main([name, "--help"])
    loaded = {module.partition(".")[0] for module in sys.modules}
    print(name, *sorted(loaded - known - {"teachtext"}))
    known |= loaded
"""
"""Which packages each explanation imports that those before it have not."""


@pytest.mark.parametrize("stage", [*stage_names(), *command_names()])
def test_every_stage_explains_itself(stage, capsys):
    with pytest.raises(SystemExit) as stopped:
        main([stage, "--help"])
    assert stopped.value.code == 0
    assert f"teachtext {stage}" in capsys.readouterr().out


def test_explaining_a_stage_imports_the_standard_library_alone():
    command = [sys.executable, "-c", EXPLAIN_ALL]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=True)
    assert done.stdout.split("\n") == [*command_names(), *stage_names(), ""]


def test_an_unknown_stage_is_answered_with_the_known_ones(capsys):
    with pytest.raises(SystemExit):
        main(["sing-song"])
    assert "train-teacher" in capsys.readouterr().err


def test_a_mistake_is_one_line(tmp_path):
    features = ["--features", "none.npz", "--captions", "none.csv", "--shards", "test=1"]
    features += ["--shard", "test-0", "--ledger", str(tmp_path / "ledger")]
    with pytest.raises(SystemExit) as stopped:
        main(["import-expert", "--expert", "a", *features, "--output", str(tmp_path / "x")])
    assert stopped.value.code.startswith("teachtext import-expert: none.npz")
    assert "\n" not in stopped.value.code


def test_a_full_disk_is_one_line(monkeypatch):
    def write(args):
        raise OSError(errno.ENOSPC, "No space left on device", "0.zarr")

    monkeypatch.setattr("teachtext.commands.list_failures.main", write)
    with pytest.raises(SystemExit) as stopped:
        main(["list-failures"])
    assert "No space left on device: 0.zarr. Make room" in stopped.value.code
