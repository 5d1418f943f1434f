"""Which GPUs a process works on: some that no other job of this machine has.

A cluster's scheduler shows a job its own GPUs alone. On a workstation every job sees them all, and
Snakemake only counts how many jobs may use one at a time.
"""

import fcntl
import functools
import logging
import os
import tempfile
from pathlib import Path
from typing import IO

import torch

log = logging.getLogger(__name__)

VISIBLE = "CUDA_VISIBLE_DEVICES"
_held: list[IO[str]] = []
"""Locks of this process's GPUs; they end with it, however it ends."""


def pick_device() -> torch.device:
    """A GPU that no other job has, for all that this process computes; else the CPU."""
    if not torch.cuda.is_available():
        return torch.device("cpu")
    device = torch.device("cuda", claim_gpus(1)[0])
    torch.cuda.set_device(device)
    return device


def device_of(gpus: int) -> torch.device:
    """Where a model that was trained on so many GPUs is used: on one, if there is one here."""
    return pick_device() if gpus else torch.device("cpu")


@functools.cache
def claim_gpus(count: int) -> tuple[int, ...]:
    """Indices of GPUs for this process, among those that it sees; always the same.

    Nothing is claimed where all of them are needed anyway.

    Args:
        count: Number of GPUs.
    """
    names = _visible_gpus()
    if len(names) <= count:
        return tuple(range(count))
    free: list[int] = []
    for index, name in enumerate(names):
        if len(free) < count and _lock(name):
            free.append(index)
    taken = [index for index in range(len(names)) if index not in free]
    if len(free) < count:
        log.warning("other jobs work on all GPUs of this machine; sharing GPU %d", taken[0])
    return (*free, *taken)[:count]


def hand_over_gpus(count: int) -> None:
    """Claim GPUs for the processes that this one becomes: they see no others.

    Args:
        count: Number of GPUs.
    """
    names = _visible_gpus()
    if len(names) > count:
        os.environ[VISIBLE] = ",".join(names[index] for index in claim_gpus(count))
        for stream in _held:
            os.set_inheritable(stream.fileno(), True)


def _visible_gpus() -> list[str]:
    """What the driver calls each GPU that this process sees."""
    given = os.environ.get(VISIBLE, "")
    names = [name.strip() for name in given.split(",") if name.strip()]
    count = torch.cuda.device_count()
    return names[:count] if names else [str(index) for index in range(count)]


def _lock(gpu: str) -> bool:
    """Take the lock of a GPU, if no other job of this user has it."""
    folder = Path(tempfile.gettempdir()) / f"teachtext-gpus-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(folder / gpu.replace("/", "-"), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW)
    except OSError as error:
        log.warning("GPU %s cannot be locked (%s); another job may use it, too", gpu, error)
        return True
    stream = os.fdopen(descriptor, "r+")
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        stream.close()
        return False
    _held.append(stream)
    return True
