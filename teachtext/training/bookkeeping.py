"""What every training loop needs beside the loop: seeds from several numbers, and what it cost."""

import time
from typing import Any

import numpy as np
import torch

from teachtext.runtime.memory import peak_memory_bytes


def mixed_seed(*numbers: int) -> int:
    """One seed from several numbers."""
    return int(np.random.default_rng([number % 2**32 for number in numbers]).integers(2**63))


def spent_since(begin: float) -> dict[str, Any]:
    """Seconds and memory, as columns of a history.

    Args:
        begin: Start time, as returned by ``time.perf_counter``.
    """
    on_gpu = torch.cuda.is_initialized()  # type: ignore[no-untyped-call]
    return {
        "seconds": time.perf_counter() - begin,
        "peak_memory_bytes": peak_memory_bytes(),
        "peak_gpu_memory_bytes": torch.cuda.max_memory_allocated() if on_gpu else 0,
    }
