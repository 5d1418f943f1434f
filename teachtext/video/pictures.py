"""Wanted pictures on their way into a file: scaled, upright, in order of time."""

from collections.abc import Sequence
from fractions import Fraction
from typing import BinaryIO, cast

import numpy as np
from av.filter import Graph
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from teachtext.video.orientation import orientation_of

SCALING = "bilinear"
"""decord's; with it, and in a filter graph, both decoders give the same pixels to the last bit."""

ANY_TIME = Fraction(1, 1000)
"""Scaling does not look at times, but a graph must have a unit for them."""


def scaled_size(width: int, height: int, short_side: int) -> tuple[int, int]:
    """(width, height) scaled down to the short side, even numbers; never scaled up."""
    factor = min(1.0, short_side / min(width, height))
    return _even(width * factor, width), _even(height * factor, height)


def _even(length: float, coded: int) -> int:
    return max(2, min(round(length / 2) * 2, coded // 2 * 2))


class PictureWriter:
    """Appends raw RGB pictures of one size to a file.

    Attributes:
        seconds: Times of the pictures written so far, in seconds.
        height: Height of the pictures in pixels; 0 before the first.
        width: Width of the pictures in pixels; 0 before the first.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.restart()

    def restart(self) -> None:
        """Forget all that has been written."""
        self._file.seek(0)
        self._file.truncate()
        self.seconds: list[float] = []
        self._ranks: list[int] = []
        self.height = self.width = 0

    def write(self, pixels_HWC: NDArray[np.uint8], moments: Sequence[float], rank: int = 0) -> None:
        """Append a picture once for each moment that shows it.

        Args:
            pixels_HWC: (H, W, 3) RGB picture; all have the same shape.
            moments: Times at which the picture is shown, in seconds.
            rank: Position in decoding order.
        """
        self.height, self.width = pixels_HWC.shape[:2]
        for moment in moments:
            self._file.write(np.ascontiguousarray(pixels_HWC).data)
            self.seconds.append(moment)
            self._ranks.append(rank)

    def take_back(self, rank: int) -> None:
        """Drop the latest pictures that were decoded after the one of this rank."""
        while self._ranks and self._ranks[-1] > rank:
            self._ranks.pop()
            self.seconds.pop()
        self._file.seek(len(self.seconds) * self.height * self.width * 3)
        self._file.truncate()


class Scaler:
    """Turns decoded frames into upright RGB pictures of one size, whatever the frames become."""

    def __init__(self, short_side: int) -> None:
        self._short_side = short_side
        self._size: tuple[int, int] | None = None
        self._key: tuple[int, int, str] | None = None

    def scale(self, frame: VideoFrame) -> NDArray[np.uint8]:
        """(H, W, 3) RGB of a frame."""
        key = (frame.width, frame.height, frame.format.name)
        if self._size is None:
            # the first frame decides: streams may change their size on the way
            self._size = scaled_size(frame.width, frame.height, self._short_side)
            self._orientation = orientation_of(frame)
        if key != self._key:
            self._key = key
            self._build(frame, *self._size)
        self._graph.vpush(frame)
        rgb = cast("NDArray[np.uint8]", self._graph.vpull().to_ndarray())
        return self._orientation.apply(rgb)

    def _build(self, frame: VideoFrame, width: int, height: int) -> None:
        # not frame.reformat: it places the chroma of 4:2:0 elsewhere than decord and costs twice
        self._graph = Graph()
        source = self._graph.add_buffer(
            width=frame.width, height=frame.height, format=frame.format, time_base=ANY_TIME
        )
        scale = self._graph.add("scale", f"{width}:{height}:flags={SCALING}")
        rgb = self._graph.add("format", "rgb24")
        sink = self._graph.add("buffersink")
        self._graph.link_nodes(source, scale, rgb, sink).configure()
