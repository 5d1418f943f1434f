"""How processes take memory, give it back and count it. Where not stated: Linux with glibc."""

import ctypes
import os
import re
import resource
import sys
from pathlib import Path

M_TRIM_THRESHOLD = -1
M_MMAP_THRESHOLD = -3
LARGEST_KEPT_BYTES = 32 << 20
"""glibc takes no more."""
KEPT_BYTES = 512 << 20


def keep_freed_memory() -> bool:
    """Let this process keep memory that it frees, up to ``KEPT_BYTES``, for its next use.

    Else every large array of a network is mapped, zeroed page by page and unmapped again: a
    third of the time that a small network takes on a CPU.

    Returns:
        Whether the C library agreed.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    kept = mallopt(M_MMAP_THRESHOLD, LARGEST_KEPT_BYTES)
    return bool(kept and mallopt(M_TRIM_THRESHOLD, KEPT_BYTES))


def use_huge_pages() -> None:
    """Let torch ask for pages of 2 MB for large tensors; call it before the first tensor is made.

    A model's gradients are made anew in every step. In pages of 4 kB, the kernel takes as long to
    map and clear a gigabyte of them as the cores to compute it.
    """
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")


def peak_memory_bytes() -> int:
    """Largest memory of this process so far; on any system.

    Linux counts the process that started this one in ``ru_maxrss``, as large as it was then.
    """
    status = Path("/proc/self/status")
    found = re.search(r"^VmHWM:\s+(\d+) kB", status.read_text(), re.M) if status.exists() else None
    if found:
        return 1024 * int(found[1])
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
