import ctypes
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from teachtext.files.atomic import remove_leftovers, replacing


def test_a_file_appears_complete(tmp_path):
    with replacing(tmp_path / "a" / "b.txt") as temporary:
        temporary.write_text("done")
        assert not (tmp_path / "a/b.txt").exists()
    assert (tmp_path / "a/b.txt").read_text() == "done"
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b.txt"]


def test_a_folder_replaces_a_folder(tmp_path):
    target = tmp_path / "store"
    target.mkdir()
    (target / "old").touch()
    with replacing(target) as temporary:
        temporary.mkdir()
        (temporary / "new").touch()
    assert [path.name for path in target.iterdir()] == ["new"]
    assert [path.name for path in tmp_path.iterdir()] == ["store"]


def write_half(target):
    with replacing(target) as temporary:
        temporary.write_text("half")
        raise RuntimeError


def test_a_failure_leaves_what_was_there(tmp_path):
    target = tmp_path / "file"
    target.write_text("old")
    with pytest.raises(RuntimeError):
        write_half(target)
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_folder_that_is_replaced_is_there_at_any_moment(tmp_path):
    target = tmp_path / "store"
    seen = set()

    def put(number):
        with replacing(target) as temporary:
            temporary.mkdir()
            (temporary / "number").write_text(str(number))

    def look():
        while not done.is_set():
            seen.add(target.is_dir())

    put(0)
    done = threading.Event()
    looking = threading.Thread(target=look)
    looking.start()
    for number in range(1, 200):
        put(number)
    done.set()
    looking.join()
    assert seen == {True}
    assert (target / "number").read_text() == "199"
    assert [path.name for path in tmp_path.iterdir()] == ["store"]


def test_a_folder_replaces_a_folder_where_the_system_cannot_swap(tmp_path, monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    test_a_folder_replaces_a_folder(tmp_path)


def test_what_is_written_has_the_permissions_of_the_umask(tmp_path):
    with replacing(tmp_path / "store") as temporary:
        temporary.mkdir(mode=0o700)
        (temporary / "weights").touch(mode=0o600)
        (temporary / "program").touch(mode=0o700)
    (tmp_path / "usual").mkdir()
    (tmp_path / "usual/file").touch()
    usual = (tmp_path / "usual/file").stat().st_mode
    assert (tmp_path / "store").stat().st_mode == (tmp_path / "usual").stat().st_mode
    assert (tmp_path / "store/weights").stat().st_mode == usual
    assert (tmp_path / "store/program").stat().st_mode == usual | 0o100


WRITER = """
import sys, time
from pathlib import Path
from teachtext.files.atomic import replacing

folder = Path(sys.argv[1])
with replacing(folder / "file") as file, replacing(folder / "store") as store:
    file.write_text("half")
    store.mkdir()
    (store / "half").touch()
    print("written", flush=True)
    time.sleep(60)
"""


def test_what_killed_writers_left_is_removed_and_what_others_are_writing_stays(tmp_path):
    folders = [tmp_path / "results/killed", tmp_path / "results/alive"]
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, folder], stdout=subprocess.PIPE)
        for folder in folders
    ]
    assert [writer.stdout.readline() for writer in writers] == [b"written\n"] * 2
    writers[0].send_signal(signal.SIGKILL)
    writers[0].wait()
    (folders[0] / "finished").touch()

    removed = remove_leftovers(tmp_path / "results")
    assert len(removed) == 2
    assert [path.name for path in folders[0].iterdir()] == ["finished"]
    assert len([*folders[1].iterdir()]) == 2
    writers[1].kill()
    writers[1].wait()
    assert len(remove_leftovers(tmp_path)) == 2
    assert [path.name for path in folders[1].iterdir()] == []
    for writer in writers:
        writer.stdout.close()


def test_names_of_older_versions_are_removed_and_names_of_others_are_not(tmp_path):
    older = [f".store.{'0a' * 16}.tmp", f".store.{'0a' * 16}.old", ".journal.jsonl.4711.tmp"]
    others = [".hidden.tmp", "file.tmp", f"store.{'0a' * 16}.tmp", ".store.1-2-3.tmp"]
    for name in older[:2]:
        (tmp_path / name / "half").mkdir(parents=True)
    for name in [older[2], *others]:
        (tmp_path / name).touch()
    assert {path.name for path in remove_leftovers(tmp_path)} == set(older)
    assert {path.name for path in tmp_path.iterdir()} == set(others)
    assert remove_leftovers(tmp_path / "nothing") == []


def test_what_another_machine_writes_is_removed_when_nothing_was_written_for_long(tmp_path):
    store = tmp_path / f".store.1-{'ab' * 4}-{'0a' * 6}.tmp"
    store.mkdir()
    (store / "rows").touch()
    yesterday = time.time() - 25 * 3600
    os.utime(store, (yesterday, yesterday))
    assert remove_leftovers(tmp_path) == []
    os.utime(store / "rows", (yesterday, yesterday))
    assert remove_leftovers(tmp_path) == [store]
