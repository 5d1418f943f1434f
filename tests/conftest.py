import csv
import os
import shutil

import pytest
import torch
from hypothesis import settings

from teachtext.files.locking import locked
from tests.support.running import ROOT, read_yaml, snakemake

# a slow machine is no failure, and a red run shall be red again
settings.register_profile("teachtext", deadline=None, derandomize=True)
settings.load_profile("teachtext")

LONGEST_FIRST = ("slurm", "kills", "docs", "conda", "tiny_run", "e2e")
"""Markers and fixtures; what takes longest begins first, so that no process is left with it."""


def pytest_collection_modifyitems(items):
    """What takes longest begins first."""
    items.sort(key=_place)


def _place(item):
    names = {mark.name for mark in item.iter_markers()} | set(item.fixturenames)
    return next((at for at, name in enumerate(LONGEST_FIRST) if name in names), len(LONGEST_FIRST))


def pytest_addoption(parser):
    parser.addoption("--device", default="cuda", help="of the tests that need a GPU; else skipped")


@pytest.fixture(autouse=True, scope="session")
def _one_thread():
    torch.set_num_threads(1)


@pytest.fixture
def shipped_config():
    return read_yaml(ROOT / "config.yaml")


@pytest.fixture(scope="session")
def made_once(tmp_path_factory):
    """Makes a folder that all processes of this run of pytest read: the first that asks does."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent

    def folder_of(name, make):
        folder, made = shared / name, shared / f"{name}.made"
        with locked(shared / f"{name}.lock"):
            if not made.exists():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                make(folder)
                made.touch()
        return folder

    return folder_of


@pytest.fixture(scope="session")
def tiny_run(made_once):
    """A finished run of a dozen rendered clips; one more video is no video at all."""
    return made_once("tiny", run_tiny)


def run_tiny(folder):
    run(folder, "--until", "render_demo")
    (folder / "data/demo/videos/torn.mp4").write_bytes(b"no video at all")
    for table, row in (
        ("videos", ["it's $(torn)", "videos/torn.mp4"]),
        ("captions", ["it's $(torn)", "a <script>torn</script> video", "train", "torn-0"]),
    ):
        with (folder / f"data/demo/{table}.csv").open("a", newline="") as stream:
            csv.writer(stream).writerow(row)
    run(folder)


def run(folder, *arguments):
    done = snakemake(folder, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
