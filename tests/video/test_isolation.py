import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from teachtext.errors import MediaError
from teachtext.video.isolation import ITEMS_PER_CHILD, ChildDied, Limits, map_isolated

LIMITS = Limits(timeout_seconds=2, memory_bytes=4 << 30)


def behave(how):
    if how == "hang":
        time.sleep(60)
    if how == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if how == "greedy":
        np.ones(1 << 40)
    if how == "bad":
        raise MediaError("torn")
    if how == "bug":
        raise KeyError("a bug")
    if how == "unpicklable":
        return lambda: None
    return os.getpid()


def test_a_child_that_misbehaves_costs_only_its_item():
    items = ["hang", "fine", "crash", "fine2", "greedy", "fine3", "bad", "fine4"]
    outcomes = dict(map_isolated(behave, items, workers=2, limits=LIMITS))
    assert set(outcomes) == set(items)
    assert all(isinstance(outcomes[item], int) for item in items if item.startswith("fine"))
    for item, reason in [
        ("hang", "took longer than 2 s"),
        ("crash", "the decoder died (signal SIGSEGV)"),
        ("greedy", "needs more than 4.0 GB of memory"),
    ]:
        assert isinstance(outcomes[item], ChildDied)
        assert str(outcomes[item]) == reason
    assert type(outcomes["bad"]) is MediaError
    assert str(outcomes["bad"]) == "torn"


def test_children_are_kept_and_replaced_before_they_leak():
    items = [f"item {number}" for number in range(ITEMS_PER_CHILD + 5)]
    outcomes = [pid for _, pid in map_isolated(behave, items, workers=1, limits=LIMITS)]
    assert len(outcomes) == len(items)
    assert len(set(outcomes)) == 2
    assert os.getpid() not in outcomes


@pytest.mark.parametrize(
    ("how", "error"), [("bug", "KeyError: 'a bug'"), ("unpicklable", "pickle")]
)
def test_a_bug_is_no_broken_video(how, error):
    with pytest.raises(RuntimeError, match=rf"(?s)Traceback.*{error}"):
        list(map_isolated(behave, ["fine", how], workers=1, limits=LIMITS))


def test_no_items_need_no_children():
    assert list(map_isolated(behave, [], workers=4, limits=LIMITS)) == []


def test_work_goes_on_while_results_are_waited_for():
    begin = time.monotonic()
    found = list(map_isolated(time.sleep, [0.5] * 4, workers=4, limits=LIMITS))
    assert len(found) == 4
    assert time.monotonic() - begin < 1.9


PARENT = """
import subprocess, time
from pathlib import Path
from teachtext.video.isolation import Limits, map_isolated

def start(folder):
    started = subprocess.Popen(["sleep", "300"])
    (folder / "pids").write_text(f"{__import__('os').getpid()} {started.pid} ")
    started.wait()

if __name__ == "__main__":
    list(map_isolated(start, [Path(FOLDER)], workers=1, limits=Limits(TIMEOUT, 4 << 30)))
"""


def start_parent(folder, timeout):
    script = folder / "parent.py"
    script.write_text(PARENT.replace("FOLDER", repr(str(folder))).replace("TIMEOUT", str(timeout)))
    root = str(Path(__file__).parents[2])
    process = subprocess.Popen([sys.executable, script], env={**os.environ, "PYTHONPATH": root})
    pids = folder / "pids"
    wait_for(lambda: pids.exists() and pids.read_text().endswith(" "))
    return process, [int(pid) for pid in pids.read_text().split()]


def wait_for(condition, seconds=20):
    begin = time.monotonic()
    while not condition():
        assert time.monotonic() - begin < seconds
        time.sleep(0.05)


def is_running(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return not state.startswith("Z")


def test_a_late_child_takes_what_it_started_along(tmp_path):
    process, pids = start_parent(tmp_path, timeout=1)
    assert process.wait(timeout=20) == 0
    wait_for(lambda: not any(is_running(pid) for pid in pids))


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's parent-death signal is Linux's")
def test_children_do_not_outlive_a_killed_parent(tmp_path):
    process, (child, started) = start_parent(tmp_path, timeout=200)
    process.kill()
    process.wait()
    try:
        wait_for(lambda: not is_running(child))
    finally:
        if is_running(started):  # a bare `sleep` does not notice; our ffmpeg is told to
            os.kill(started, signal.SIGKILL)
