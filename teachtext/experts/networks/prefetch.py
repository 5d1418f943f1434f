"""Feeding a network: the next frames are read and sent to its device while it computes."""

# Shape suffixes: T = frames, H = height, W = width, C = channels.
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from teachtext.video.media import Frames

_T = TypeVar("_T")

AHEAD = 2
"""Blocks that are read before they are asked for: one waits while the next is being read."""


def read_ahead(items: Iterable[_T], *, device: torch.device) -> Iterator[_T]:
    """The same items, made by a thread that works ahead of the caller.

    An error in making an item is raised where the caller would have received the item.

    Args:
        items: Items to read, made one after the other.
        device: Device of the network; the thread pins memory for it rather than for the first GPU.
    """
    iterator, end = iter(items), object()
    index = None
    if device.type == "cuda":
        # a thread begins with the first GPU, and "cuda" alone names the one of its caller
        index = torch.cuda.current_device() if device.index is None else device.index
    with ThreadPoolExecutor(1, initializer=_use, initargs=(index,)) as reader:
        waiting: deque[Future[object]] = deque()
        for _ in range(AHEAD):
            waiting.append(reader.submit(next, iterator, end))
        while (item := waiting.popleft().result()) is not end:
            waiting.append(reader.submit(next, iterator, end))
            yield item  # type: ignore[misc] # what is not the end is of the iterator


def frames_ahead(
    videos: Sequence[Frames], size: int, device: torch.device
) -> Iterator[tuple[int, Tensor]]:
    """Index of a video and (<= size, H, W, C) of its frames on a network's device, in order."""
    blocks = ((index, block) for index, one in enumerate(videos) for block in one.blocks(size))
    return sent_ahead(blocks, device)


def sent_ahead(
    blocks: Iterable[tuple[int, NDArray[np.uint8]]], device: torch.device
) -> Iterator[tuple[int, Tensor]]:
    """Frames on a network's device: read and sent as bytes while the network computes.

    Pixels are sent as bytes, a quarter of the size of float32, from pinned memory and in a
    separate stream, so that a GPU copies while it computes.

    Args:
        blocks: Index of the owner of each block, and its frames as (T, H, W, C) uint8.
        device: Device of the network.
    """
    if device.type != "cuda":
        yield from read_ahead(_tensors(blocks), device=device)
        return
    copying = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
    pinned = ((owner, frames.pin_memory()) for owner, frames in _tensors(blocks))
    for owner, waiting_THWC in read_ahead(pinned, device=device):
        with torch.cuda.stream(copying):
            frames_THWC = waiting_THWC.to(device, non_blocking=True)
        computing = torch.cuda.current_stream(device)
        computing.wait_stream(copying)
        # else the memory would be used again while it is still computed with
        frames_THWC.record_stream(computing)
        yield owner, frames_THWC


def _use(gpu: int | None) -> None:
    if gpu is not None:
        torch.cuda.set_device(gpu)


def _tensors(blocks: Iterable[tuple[int, NDArray[np.uint8]]]) -> Iterator[tuple[int, Tensor]]:
    for owner, pixels_THWC in blocks:
        yield owner, torch.from_numpy(np.ascontiguousarray(pixels_THWC))
