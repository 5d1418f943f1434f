"""Faces in frames: found by one network of the transformers library, embedded by another."""

# Shape suffixes: H = height, W = width, C = channels.
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from torch import Tensor

from teachtext.errors import ConfigError
from teachtext.experts.base import VideoByVideo
from teachtext.experts.networks.recognition import recognised_features
from teachtext.experts.networks.transformers_image import TransformersImage
from teachtext.experts.networks.transformers_objects import TransformersObjects
from teachtext.store.records import Features, Recognised
from teachtext.store.weights import combine_weights
from teachtext.video.media import Frames

MARGIN = 0.2
"""Share of a face's width and height that its crop has more on each side: hair and chin."""

FACE = "face"


class TransformersFace(VideoByVideo[Frames]):
    """One row per face: the vector of its crop, by any network that embeds images."""

    def __init__(
        self,
        *,
        fps: float,
        checkpoint: str,
        detector: str,
        precision: str = "float32",
        device: str = "cpu",
    ) -> None:
        """Load both networks.

        Args:
            fps: Frame rate of the input in frames per second; each row stands for 1 / fps seconds.
            checkpoint: Hub ID or local folder of the network that embeds crops.
            detector: Hub ID or local folder of an object detector with a label 'face'.
            precision: Precision of weights and activations; rows are float32.
            device: Device of the networks, such as ``cpu`` or ``cuda``.

        Raises:
            ConfigError: One cannot be loaded, or the detector does not find faces.
        """
        options: dict[str, Any] = {"fps": fps, "precision": precision, "device": device}
        self.detector = TransformersObjects(checkpoint=detector, **options)
        self.face_labels = face_labels(detector, self.detector.labels)
        self.embedder = TransformersImage(checkpoint=checkpoint, **options)
        self.fps = fps
        self.dim = self.embedder.dim
        self.weights = combine_weights(self.detector.weights, self.embedder.weights)

    def extract(self, frames: Frames) -> Features:
        """One row per face, frame by frame; T = 0 where there is none."""
        faces: list[Recognised] = []
        (rows_TD,) = self.embedder.rows(self._crops(frames, faces), videos=1)
        return recognised_features(rows_TD, faces)

    def _crops(self, frames: Frames, faces: list[Recognised]) -> Iterator[tuple[int, Tensor]]:
        """Faces as the network wants them; adds what they are to ``faces`` on the way."""
        for frame_HWC, found in self.detector.detect(frames):
            for piece, _ in found:
                crop_HWC = crop_with_margin(frame_HWC, piece.box or ())
                if piece.text in self.face_labels and crop_HWC.numel():
                    faces.append(replace(piece, text=FACE))
                    yield 0, self.embedder.preprocess(crop_HWC[None])[0]


def crop_with_margin(frame_HWC: Tensor, corners: Sequence[tuple[float, float]]) -> Tensor:
    """A box and ``MARGIN`` around it, as far as the frame reaches; empty outside of it.

    Args:
        frame_HWC: (H, W, C) Frame to cut from.
        corners: Corners (x, y) of the box in pixels, clockwise from the top left.
    """
    height, width = frame_HWC.shape[:2]
    (left, top), _, (right, bottom), _ = corners
    across, along = MARGIN * (right - left), MARGIN * (bottom - top)
    rows = slice(max(round(top - along), 0), max(min(round(bottom + along), height), 0))
    columns = slice(max(round(left - across), 0), max(min(round(right + across), width), 0))
    return frame_HWC[rows, columns]


def face_labels(detector: str, labels: list[str]) -> list[str]:
    """Labels that mean a face: those that say so, or the only one."""
    chosen = [label for label in labels if FACE in label.lower()]
    if not chosen and len(labels) == 1:
        chosen = labels
    if not chosen:
        shown = ", ".join(labels[:10]) + (", …" if len(labels) > 10 else "")
        raise ConfigError(
            f"Detector {detector!r} does not find faces, but: {shown}. "
            "Give one with a label 'face', or with one label only."
        )
    return chosen
