"""Jobs of one machine share its GPUs out. There is none here: torch is told that there are some."""

import os
import subprocess
import sys
from contextlib import contextmanager

import pytest
import torch

from teachtext.runtime import devices

JOB = """
import sys, torch
torch.cuda.device_count = lambda: {seen}
from teachtext.runtime.devices import claim_gpus
print(*claim_gpus({count}), flush=True)
sys.stdin.read()
"""


@contextmanager
def job(tmp_path, *, seen, count=1, visible=None):
    """A job that goes on until the block ends; gives what it claimed."""
    environment = {k: v for k, v in os.environ.items() if k != devices.VISIBLE}
    environment["TMPDIR"] = str(tmp_path)
    if visible is not None:
        environment[devices.VISIBLE] = visible
    with subprocess.Popen(
        [sys.executable, "-c", JOB.format(seen=seen, count=count)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        text=True,
    ) as process:
        try:
            yield process.stdout.readline().split(), process
        finally:
            process.kill()


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """One with three GPUs, of which this process has none yet."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.delenv(devices.VISIBLE, raising=False)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 3)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "set_device", lambda device: None)
    devices.claim_gpus.cache_clear()
    yield tmp_path
    devices.claim_gpus.cache_clear()


@pytest.mark.slow
def test_each_job_has_a_gpu_of_its_own(tmp_path):
    with job(tmp_path, seen=2) as (first, process), job(tmp_path, seen=2) as (second, _):
        assert (first, second) == (["0"], ["1"])
        process.kill()
        process.wait()
        with job(tmp_path, seen=2) as (third, _):
            assert third == ["0"]


@pytest.mark.slow
def test_jobs_agree_on_gpus_whatever_they_see(tmp_path):
    with (
        job(tmp_path, seen=2, visible="3,1") as (first, _),
        job(tmp_path, seen=2, visible="1,3") as (second, _),
    ):
        assert first == ["0"]  # the driver's 3
        assert second == ["0"]  # its 1


@pytest.mark.slow
def test_several_gpus_are_handed_over(machine, monkeypatch):
    with job(machine, seen=3):
        monkeypatch.setenv(devices.VISIBLE, "")
        devices.hand_over_gpus(2)
        assert os.environ[devices.VISIBLE] == "1,2"
        with job(machine, seen=4) as (other, _):
            assert other == ["3"]


def test_a_process_keeps_its_gpu(machine):
    assert [str(devices.pick_device()) for _ in range(2)] == ["cuda:0", "cuda:0"]


@pytest.mark.slow
def test_with_more_jobs_than_gpus_one_is_shared(machine, caplog):
    with job(machine, seen=3), job(machine, seen=3), job(machine, seen=3):
        assert devices.claim_gpus(1) == (0,)
    assert "sharing GPU 0" in caplog.text


def test_where_all_are_needed_none_is_claimed(machine):
    assert devices.claim_gpus(3) == (0, 1, 2)
    devices.hand_over_gpus(3)
    assert devices.VISIBLE not in os.environ
    assert not list(machine.iterdir())


def test_a_folder_of_locks_that_is_anothers_costs_nothing_but_the_locks(machine, caplog):
    (machine / f"teachtext-gpus-{os.getuid()}").write_text("in the way")
    assert devices.claim_gpus(1) == (0,)
    assert "cannot be locked" in caplog.text


def test_without_a_gpu_it_is_the_cpu(machine, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert devices.pick_device() == torch.device("cpu")
    assert devices.device_of(0) == torch.device("cpu")
