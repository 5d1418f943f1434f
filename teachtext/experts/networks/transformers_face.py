"""Faces in frames: found by one network of the transformers library, embedded by another."""

# Shape suffixes: H = height, W = width, C = channels.
from collections.abc import Iterator
from dataclasses import replace

from torch import Tensor

from teachtext.errors import ConfigError
from teachtext.experts.base import VideoByVideo
from teachtext.experts.networks.prefetch import sent_ahead
from teachtext.experts.networks.transformers_image import ImageEmbedder, embed_in_batches
from teachtext.experts.networks.transformers_objects import Detection, Detector, recognised_features
from teachtext.store.records import Features
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
        self.detector = Detector(checkpoint=detector, precision=precision, device=device)
        self.face_labels = _face_labels(detector, self.detector.labels)
        self.embedder = ImageEmbedder(checkpoint=checkpoint, precision=precision, device=device)
        self.fps = fps
        self.dim = self.embedder.dim
        self.weights = combine_weights(self.detector.weights, self.embedder.weights)

    def extract(self, frames: Frames) -> Features:
        """One row per face, frame by frame; T = 0 where there is none."""
        found: list[list[Detection]] = []
        (rows_TD,) = embed_in_batches(
            self._crops(frames, found),
            self.embedder.embed,
            videos=1,
            dim=self.dim,
            batch=self.embedder.batch,
        )
        return recognised_features(rows_TD, found, frames, self.fps)

    def _crops(self, frames: Frames, found: list[list[Detection]]) -> Iterator[tuple[int, Tensor]]:
        """Faces as the network wants them; adds each frame's to ``found`` on the way."""
        blocks = ((0, block) for block in frames.blocks(self.detector.batch))
        for _, block_THWC in sent_ahead(blocks, self.detector.device):
            for frame_HWC, detections in zip(
                block_THWC, self.detector.detect(block_THWC), strict=True
            ):
                faces = [
                    (replace(one, label=FACE), crop_HWC)
                    for one in detections
                    if one.label in self.face_labels
                    and (crop_HWC := crop_with_margin(frame_HWC, one.box)).numel()
                ]
                found.append([one for one, _ in faces])
                for _, crop_HWC in faces:
                    yield 0, self.embedder.preprocess(crop_HWC[None])[0]


def crop_with_margin(frame_HWC: Tensor, box: tuple[float, float, float, float]) -> Tensor:
    """The box and ``MARGIN`` around it, as far as the frame reaches; empty outside of it."""
    height, width = frame_HWC.shape[:2]
    left, top, right, bottom = box
    across, along = MARGIN * (right - left), MARGIN * (bottom - top)
    rows = slice(max(round(top - along), 0), max(min(round(bottom + along), height), 0))
    columns = slice(max(round(left - across), 0), max(min(round(right + across), width), 0))
    return frame_HWC[rows, columns]


def _face_labels(detector: str, labels: list[str]) -> list[str]:
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
