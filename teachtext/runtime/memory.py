"""How processes take memory and give it back. Linux with glibc; elsewhere nothing happens."""

import ctypes
import os

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
