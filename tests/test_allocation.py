import ctypes
import resource

import numpy as np

from teachtext import allocation

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
