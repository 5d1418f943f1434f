import ctypes
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from teachtext.runtime import memory as allocation

ARRAY = 4 << 20
ROUNDS = 50


def page_faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(ROUNDS):
        np.ones(ARRAY, np.uint8)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


def test_freed_memory_is_used_again():
    assert allocation.keep_freed_memory()
    page_faults()
    assert page_faults() < ROUNDS * ARRAY / resource.getpagesize() / 10


def test_another_c_library_is_left_alone(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    assert not allocation.keep_freed_memory()


HUGE_PAGES = Path("/sys/kernel/mm/transparent_hugepage/enabled")


@pytest.mark.skipif(
    not HUGE_PAGES.exists() or "[never]" in HUGE_PAGES.read_text(), reason="the kernel gives none"
)
def test_large_tensors_lie_in_huge_pages():
    """The size of a page is the kernel's; that torch asks for huge ones shows in the mapping."""
    script = (
        "from teachtext.runtime.memory import use_huge_pages; use_huge_pages(); import torch; "
        "tensor = torch.ones(64 << 20); "
        "lines = open('/proc/self/smaps').read().splitlines(); "
        "print(sum(int(line.split()[1]) for line in lines if line.startswith('AnonHuge')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) > 100 << 10  # kB, of 256 MB
