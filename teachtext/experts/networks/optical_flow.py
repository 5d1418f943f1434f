"""How things move, from dense optical flow: a handcrafted expert. Frames in, no weights."""

# Shape suffixes: T = frames, P = pairs of frames, H = height, W = width, C = cells, A = directions,
# D = features. A trailing 2 is (x, y) with y downwards.
import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from teachtext.experts.base import VideoByVideo
from teachtext.pretrained.packages import package_folder
from teachtext.store.records import Features
from teachtext.store.weights import WeightsIdentity
from teachtext.video.media import Frames

LONG_SIDE_PIXELS = 96
CELLS = 3
_DIRECTIONS = 8
STILL_PIXELS = 0.2
"""Flow shorter than this between two frames is noise of the decoder, not motion."""

_WINDOW_SECONDS = 1.0
FLOW_BLOCK_FRAMES = 16
"""Frames in memory at full size; a shrunk one is some 6 kB."""

FARNEBACK: dict[str, Any] = {
    "pyr_scale": 0.5,
    "levels": 4,
    "winsize": 15,
    "iterations": 3,
    "poly_n": 5,
    "poly_sigma": 1.2,
    "flags": 0,
}
"""Follows up to about an eighth of the frame between two frames."""
PAIR_DIM = CELLS**2 * _DIRECTIONS + CELLS**2 + 1 + _DIRECTIONS


class OpticalFlow(VideoByVideo[Frames]):
    """Motion in windows of one second, 180-d, from Farneback's dense flow (2003).

    Each pair of consecutive frames gives 90 numbers, all >= 0 and under a square root, so that
    fast motion does not drown slow motion:

    - 72: speed by direction in 3 x 3 cells, row by row; directions turn clockwise from right
      (right, right-down, down, …, right-up). In frame lengths per second, averaged over the cell.
    - 9: share of each cell that moves.
    - 1: mean speed of what moves, in frame lengths per second.
    - 8: motion of everything that moves as one body, as pairs of opposites: right, left, down,
      up (frame lengths per second), growing, shrinking (share of its size per second), turning
      clockwise, turning anticlockwise (radians per second).

    A row is their mean over the pairs of its window and their standard deviation, which tells
    bouncing and shaking from steady motion. Speeds are per second and relative to the longer
    side of the frame, so neither fps nor resolution changes their scale. One frame gives one row
    without motion.
    """

    dim = 2 * PAIR_DIM

    def __init__(self, *, fps: float) -> None:
        """Check that OpenCV is there.

        Args:
            fps: Frame rate of the input in frames per second; 6 or more follow fast motion.
        """
        package_folder("cv2", "opencv-python-headless")
        import cv2  # an optional package

        parameters = (
            LONG_SIDE_PIXELS,
            CELLS,
            _DIRECTIONS,
            STILL_PIXELS,
            _WINDOW_SECONDS,
            FARNEBACK,
        )
        digest = hashlib.sha256(repr(parameters).encode())
        self.weights = WeightsIdentity(f"farneback, opencv {cv2.__version__}", digest.hexdigest())
        self.fps = fps

    def extract(self, frames: Frames) -> Features:
        """One row per second in which a pair of frames begins."""
        times, ends = frames.seconds_T, frames.end_seconds(1 / self.fps)
        if len(times) < 2:
            return Features(np.zeros((len(times), self.dim), np.float32), times, ends)
        pairs_PD = self._describe_pairs(frames)
        window_P = np.floor((times[:-1] - times[0]) / _WINDOW_SECONDS)
        windows = [np.flatnonzero(window_P == window) for window in np.unique(window_P)]
        rows = [
            np.concatenate([pairs_PD[w].mean(axis=0), pairs_PD[w].std(axis=0)]) for w in windows
        ]
        return Features(
            np.stack(rows).astype(np.float32),
            np.array([times[window[0]] for window in windows]),
            np.array([times[window[-1] + 1] for window in windows]),
        )

    def _describe_pairs(self, frames: Frames) -> NDArray[np.float64]:
        """(P, 90) description of each pair of consecutive frames."""
        seconds_P = np.diff(frames.seconds_T)
        seconds_P = np.where(seconds_P > 0, seconds_P, 1 / self.fps)
        grey = [_shrink(pixels) for block in frames.blocks(FLOW_BLOCK_FRAMES) for pixels in block]
        pairs = zip(grey[:-1], grey[1:], seconds_P, strict=True)
        return np.stack([describe_flow(_flow(a, b), seconds) for a, b, seconds in pairs])


def describe_flow(flow_HW2: NDArray[np.float32], seconds: float) -> NDArray[np.float64]:
    """(90,) Description of the flow between two frames.

    Args:
        flow_HW2: (H, W, 2) Displacement of each pixel, in pixels.
        seconds: Time between the frames in seconds.
    """
    moving_HW = np.hypot(flow_HW2[..., 0], flow_HW2[..., 1]) >= STILL_PIXELS
    velocity_HW2 = flow_HW2 * moving_HW[..., None] / (max(moving_HW.shape) * seconds)
    speed_HW = np.hypot(velocity_HW2[..., 0], velocity_HW2[..., 1])
    share_C = _cell_means(moving_HW[..., None].astype(np.float64))
    mean_speed = speed_HW.sum() / max(int(moving_HW.sum()), 1)
    parts = [
        _cell_means(_by_direction(velocity_HW2, speed_HW)),
        share_C,
        np.array([mean_speed]),
        _body_motion(velocity_HW2, speed_HW),
    ]
    description: NDArray[np.float64] = np.sqrt(np.concatenate(parts))
    return description


def _by_direction(
    velocity_HW2: NDArray[np.float64], speed_HW: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(H, W, 8): the speed of each pixel, shared between the two nearest directions."""
    turn = np.arctan2(velocity_HW2[..., 1], velocity_HW2[..., 0]) / (2 * np.pi) * _DIRECTIONS
    distance_HWA = np.abs((turn[..., None] - np.arange(_DIRECTIONS)) % _DIRECTIONS)
    distance_HWA = np.minimum(distance_HWA, _DIRECTIONS - distance_HWA)
    shares_HWA: NDArray[np.float64] = np.maximum(0, 1 - distance_HWA)
    return shares_HWA * speed_HW[..., None]


def _cell_means(values_HWA: NDArray[np.float64]) -> NDArray[np.float64]:
    """(9 * A,) means over 3 x 3 cells, row by row."""
    height, width = (np.linspace(0, size, CELLS + 1).astype(int) for size in values_HWA.shape[:2])
    rows = np.add.reduceat(values_HWA, height[:-1], axis=0)
    cells = np.add.reduceat(rows, width[:-1], axis=1)
    areas = np.diff(height)[:, None, None] * np.diff(width)[None, :, None]
    means: NDArray[np.float64] = (cells / areas).ravel()
    return means


def _body_motion(
    velocity_HW2: NDArray[np.float64], speed_HW: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(8,) right, left, down, up, growing, shrinking, clockwise, anticlockwise of what moves.

    Velocities are weighted by speed; growth and turning are about the weighted centre, where a
    mere shift has neither.
    """
    weight = speed_HW.sum()
    if weight == 0:
        return np.zeros(8)
    share_HW = speed_HW / weight
    height, width = speed_HW.shape
    y, x = np.mgrid[:height, :width] / max(height, width)
    x, y = x - (x * share_HW).sum(), y - (y * share_HW).sum()
    vx, vy = velocity_HW2[..., 0], velocity_HW2[..., 1]
    spread = (share_HW * (x**2 + y**2)).sum() + 1e-6
    growth = (share_HW * (x * vx + y * vy)).sum() / spread
    turning = (share_HW * (x * vy - y * vx)).sum() / spread
    signed = np.array([(share_HW * vx).sum(), (share_HW * vy).sum(), growth, turning])
    opposites = np.stack([signed, -signed], axis=1).ravel()
    return np.where(opposites > 0, opposites, 0.0)


def _shrink(pixels_HWC: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Grey image whose longer side has 96 pixels."""
    import cv2

    height, width = pixels_HWC.shape[:2]
    scale = LONG_SIDE_PIXELS / max(height, width)
    size = (max(CELLS, round(width * scale)), max(CELLS, round(height * scale)))
    grey = cv2.cvtColor(np.ascontiguousarray(pixels_HWC), cv2.COLOR_RGB2GRAY)
    shrunk: NDArray[np.uint8] = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    return shrunk


def _flow(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(H, W, 2) displacement of each pixel in pixels."""
    import cv2

    flow: NDArray[np.float32] = cv2.calcOpticalFlowFarneback(before, after, None, **FARNEBACK)
    return flow
