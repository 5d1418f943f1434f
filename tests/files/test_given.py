import os
import shutil
import time

import pytest

from teachtext.files.given import GivenFiles, package_versions

LONG_AGO = time.time() - 1000


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "captions.csv"
    path.write_text("one")
    os.utime(path, (LONG_AGO, LONG_AGO))
    return path


@pytest.fixture
def digest(tmp_path):
    """Digests of a process that has just begun."""
    return lambda path: GivenFiles(tmp_path / "remembered").sha256(path)


def test_a_file_counts_by_what_it_holds(file, digest):
    before = digest(file)
    assert len(before) == 64
    file.touch()
    assert digest(file) == before
    file.write_text("two")
    assert digest(file) != before


def test_an_older_file_of_the_same_size_is_another(file, digest):
    before = digest(file)
    file.write_text("two")
    os.utime(file, (LONG_AGO - 1000, LONG_AGO - 1000))
    assert digest(file) != before


def test_a_file_is_read_once_while_its_state_stays(file, digest):
    before = digest(file)
    file.write_text("two")
    os.utime(file, (LONG_AGO, LONG_AGO))
    assert digest(file) == before


def test_a_file_that_was_just_written_may_change_within_the_same_tick(tmp_path, digest):
    file = tmp_path / "young.csv"
    file.write_text("one")
    before, now = digest(file), file.stat().st_mtime
    file.write_text("two")
    os.utime(file, (now, now))
    assert digest(file) != before


def test_a_folder_counts_by_names_and_contents(tmp_path, digest):
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    before = digest(folder)
    shutil.copytree(folder, tmp_path / "copy")
    assert digest(tmp_path / "copy") == before
    (folder / "config.json").rename(folder / "other.json")
    assert digest(folder) != before


def test_what_is_not_on_this_machine_has_no_digest(tmp_path, digest):
    assert digest(tmp_path / "none.csv") == digest("openai/clip-vit-base-patch32") == ""


def test_a_damaged_memory_is_no_memory(file, tmp_path, digest):
    before = digest(file)
    (tmp_path / "remembered/given.json").write_text('{"digests": {')
    assert digest(file) == before


def test_packages_that_are_installed_have_versions():
    (version,) = package_versions(["snakemake", "no-such-distribution"])
    assert version.startswith("snakemake==9.")
