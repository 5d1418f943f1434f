"""How players turn and mirror a picture before they show it. Arrays only."""

from dataclasses import dataclass
from typing import cast

import numpy as np
from av.buffer import Buffer
from av.video.frame import VideoFrame
from numpy.typing import NDArray


@dataclass(frozen=True)
class Orientation:
    """From the coded picture to the shown one, in this order.

    Attributes:
        transposed: Whether rows become columns.
        upside_down: Whether the first row becomes the last.
        mirrored: Whether the first column becomes the last.
    """

    transposed: bool = False
    upside_down: bool = False
    mirrored: bool = False

    @property
    def rotation(self) -> int:
        """Degrees counter-clockwise: 0, 90, 180 or 270, beside a mirroring if there is one."""
        if self.transposed:
            return 90 if self.upside_down else 270
        return 180 if self.upside_down else 0

    @property
    def is_mirrored(self) -> bool:
        """Whether no rotation alone does it."""
        return self.transposed ^ self.upside_down ^ self.mirrored

    def apply(self, pixels_HWC: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The picture as it is shown."""
        shown = pixels_HWC.swapaxes(0, 1) if self.transposed else pixels_HWC
        return shown[:: -1 if self.upside_down else 1, :: -1 if self.mirrored else 1]


def orientation_of(frame: VideoFrame) -> Orientation:
    """Read the display matrix, which travels with decoded frames; angles between are rounded."""
    matrix = cast("Buffer | None", frame.side_data.get("DISPLAYMATRIX"))
    if matrix is None:
        return Orientation()
    # a point right of the corner and below it goes to x = a right + c down, y = b right + d down
    a, b, _, c, d = np.frombuffer(bytes(matrix), "<i4")[:5].tolist()
    if abs(b) > abs(a):
        return Orientation(transposed=True, upside_down=b < 0, mirrored=c < 0)
    return Orientation(upside_down=d < 0, mirrored=a < 0)
