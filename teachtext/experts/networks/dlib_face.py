"""Who is in the picture, by dlib's face network. Frames in, one row per face of each frame out."""

# Shape suffixes: T = frames, H = height, W = width, C = channels, N = faces, D = features.
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from teachtext.experts.base import VideoByVideo
from teachtext.experts.networks.recognition import moments, recognised_features
from teachtext.pretrained.packages import package_folder, package_version
from teachtext.store.records import Features, Recognised
from teachtext.store.weights import identify_weights
from teachtext.video.media import Frames

SEARCH_SIDE_PIXELS = 480
"""Frames are doubled until their shorter side has this many pixels. The detector's window is 80
pixels wide, so a face is found from a sixth of the shorter side on."""

MAX_DOUBLINGS = 2
"""Each doubling takes four times as long, and what it adds to a tiny frame is blur."""


class DlibFace(VideoByVideo[Frames]):
    """Face descriptors, 128-d (King, 2009; the network is a ResNet-29 after He et al., 2016).

    A histogram-of-gradients detector finds frontal faces (Dalal and Triggs, 2005); five landmarks
    turn each upright. Two rows closer than 0.6 (Euclidean) are likely the same person.
    """

    dim = 128

    def __init__(self, *, fps: float) -> None:
        """Load detector, landmarks and network.

        Args:
            fps: Frame rate of the input in frames per second; each row stands for 1 / fps seconds.
        """
        models = package_folder("face_recognition_models") / "models"
        landmarks = models / "shape_predictor_5_face_landmarks.dat"
        network = models / "dlib_face_recognition_resnet_model_v1.dat"
        package_folder("dlib", "dlib-bin")
        import dlib  # an optional package

        # The detector is compiled into dlib, whose version therefore belongs to the name.
        packages = (package_version("face-recognition-models"), package_version("dlib-bin"))
        self.weights = identify_weights(" + ".join(packages), [landmarks, network])
        self.fps = fps
        self._detector: Any = dlib.get_frontal_face_detector()
        self._landmarks: Any = dlib.shape_predictor(str(landmarks))
        self._network: Any = dlib.face_recognition_model_v1(str(network))

    def extract(self, frames: Frames) -> Features:
        """One row per face and frame, the surest face of a frame first; T = 0 without faces."""
        rows = [np.zeros((0, self.dim), np.float32)]
        faces: list[Recognised] = []
        for pixels_HWC, start, end in moments(frames, self.fps):
            found, rows_ND = self._find(np.array(pixels_HWC), start, end)
            faces += found
            rows.append(rows_ND)
        return recognised_features(np.concatenate(rows), faces)

    def _find(
        self, pixels_HWC: NDArray[np.uint8], start: float, end: float
    ) -> tuple[list[Recognised], NDArray[np.float32]]:
        """The faces of one frame and their (N, 128) rows."""
        height, width = pixels_HWC.shape[:2]
        found, scores, _ = self._detector.run(pixels_HWC, doublings(min(height, width)), 0.0)
        rows = np.zeros((len(found), self.dim), np.float32)
        for row, box in zip(rows, found, strict=True):
            row[:] = self._network.compute_face_descriptor(
                pixels_HWC, self._landmarks(pixels_HWC, box)
            )
        boxes = [(box.left(), box.top(), box.right(), box.bottom()) for box in found]
        faces = [
            Recognised("face", start, end, float(score), _corners(box, width, height))
            for box, score in zip(boxes, scores, strict=True)
        ]
        return faces, rows


def doublings(short_side_pixels: int) -> int:
    """How often a frame is doubled in size before faces are searched in it."""
    needed = math.ceil(math.log2(SEARCH_SIDE_PIXELS / short_side_pixels))
    return min(max(needed, 0), MAX_DOUBLINGS)


def _corners(box: tuple[int, ...], width: int, height: int) -> tuple[tuple[float, float], ...]:
    """Clockwise from the top left, within the frame: the detector's boxes may leave it."""
    left, right = (float(np.clip(x, 0, width)) for x in box[::2])
    top, bottom = (float(np.clip(y, 0, height)) for y in box[1::2])
    return (left, top), (right, top), (right, bottom), (left, bottom)
