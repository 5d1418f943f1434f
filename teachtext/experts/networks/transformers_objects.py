"""Objects in frames by any detector of the transformers library: what, where, and its vector."""

# Shape suffixes: T = frames or rows, H = height, W = width, C = channels, Q = queries, L = labels,
# K = kept pairs of query and label, D = features.
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import AutoModelForObjectDetection

from teachtext.errors import ConfigError
from teachtext.experts.base import VideoByVideo
from teachtext.experts.networks.prefetch import sent_ahead
from teachtext.experts.networks.preprocessing import load_preprocessing
from teachtext.pretrained.hub import load_checkpoint
from teachtext.store.records import Features, Recognised
from teachtext.video.media import Frames

ROLE = "object detector"

MIN_SCORE = 0.5
"""Confidence from which a detection is kept."""

MAX_PER_FRAME = 100
"""Detections of a frame that are kept at most, the surest first."""

GPU_BATCH, CPU_BATCH = 16, 1
"""Frames in a batch."""


@dataclass(frozen=True)
class Detection:
    """One object in one frame.

    Attributes:
        label: Label of the object.
        score: Confidence of the detector.
        box: Box (left, top, right, bottom) in pixels of the frame; may extend beyond the frame.
        vector_D: (D,) float32 Last hidden state of the query that found the object.
    """

    label: str
    score: float
    box: tuple[float, float, float, float]
    vector_D: NDArray[np.float32]

    @property
    def corners(self) -> tuple[tuple[float, float], ...]:
        """Clockwise from the top left."""
        left, top, right, bottom = self.box
        return (left, top), (right, top), (right, bottom), (left, bottom)


class Detector:
    """DETR and its kin (Carion et al., 2020): a set of queries, each of which finds an object.

    Scores are softmax where the network has one class more than it has labels, for 'no object'
    (DETR, YOLOS, Table Transformer), and one sigmoid per label elsewhere (Conditional and
    Deformable DETR, RT-DETR, D-FINE). There, a query may be kept with two labels.

    Attributes:
        dim: Width of a query's vector, D.
        weights: Name and hash of the weights.
        labels: Labels that the detector can assign.
        batch: Number of frames computed at once.
    """

    def __init__(self, *, checkpoint: str, precision: str, device: str) -> None:
        """Load the network.

        Args:
            checkpoint: Hub ID or local folder of the checkpoint.
            precision: Precision of weights and activations.
            device: Device of the network, such as ``cpu`` or ``cuda``.

        Raises:
            ConfigError: It cannot be loaded, or is no detector.
        """
        loaded = load_checkpoint(
            checkpoint,
            ROLE,
            kind=AutoModelForObjectDetection,
            precision=precision,
            device=device,
        )
        config = loaded.model.config
        width = getattr(config, "d_model", None) or getattr(config, "hidden_size", None)
        if width is None:
            raise ConfigError(
                f"{type(loaded.model).__name__} of checkpoint {checkpoint!r} has no queries. "
                "Give a detector such as DETR, Conditional DETR, RT-DETR or YOLOS."
            )
        self.dim = int(width)
        self.weights = loaded.weights
        self.labels = [str(config.id2label[index]) for index in range(config.num_labels)]
        self.batch = GPU_BATCH if loaded.device.type == "cuda" else CPU_BATCH
        self.device = loaded.device
        self._loaded = loaded
        self._preprocessing = load_preprocessing(checkpoint, ROLE)

    @torch.inference_mode()
    def detect(self, frames_THWC: Tensor) -> list[list[Detection]]:
        """What is in each frame, the surest first; of uint8 on the network's device."""
        images_TCHW = self._preprocessing(frames_THWC)
        output = self._loaded.model(pixel_values=images_TCHW.to(self._loaded.dtype))
        height, width = frames_THWC.shape[1:3]
        boxes_TQ4 = _corners(output.pred_boxes.float())
        boxes_TQ4 *= boxes_TQ4.new_tensor([width, height, width, height])
        # YOLOS puts its queries last, behind the tokens of the image.
        states_TQD = output.last_hidden_state[:, -output.logits.shape[1] :].float()
        parts = (output.logits.float(), boxes_TQ4, states_TQD)
        return [self._keep(*frame) for frame in zip(*(part.cpu() for part in parts), strict=True)]

    def _keep(self, logits_QL: Tensor, boxes_Q4: Tensor, states_QD: Tensor) -> list[Detection]:
        if logits_QL.shape[1] == len(self.labels) + 1:
            best_Q = logits_QL.softmax(dim=1)[:, :-1].max(dim=1)
            queries_K, labels_K, scores_K = torch.arange(len(logits_QL)), best_Q[1], best_Q[0]
        else:
            scores_K = logits_QL.sigmoid().flatten()
            pairs_K = torch.arange(len(scores_K))
            queries_K, labels_K = pairs_K // len(self.labels), pairs_K % len(self.labels)
        order_K = scores_K.argsort(descending=True, stable=True)[:MAX_PER_FRAME]
        return [
            Detection(
                label=self.labels[int(labels_K[index])],
                score=float(scores_K[index]),
                box=tuple(boxes_Q4[queries_K[index]].tolist()),
                vector_D=states_QD[queries_K[index]].numpy(),
            )
            for index in order_K[scores_K[order_K] > MIN_SCORE].tolist()
        ]


class TransformersObjects(VideoByVideo[Frames]):
    """One row per object that was found in a frame: see ``Detector``."""

    def __init__(
        self, *, fps: float, checkpoint: str, precision: str = "float32", device: str = "cpu"
    ) -> None:
        """Load the network.

        Args:
            fps: Frame rate of the input in frames per second; each row stands for 1 / fps seconds.
            checkpoint: Hub ID or local folder of the checkpoint.
            precision: Precision of weights and activations; rows are float32.
            device: Device of the network, such as ``cpu`` or ``cuda``.
        """
        self.detector = Detector(checkpoint=checkpoint, precision=precision, device=device)
        self.fps = fps
        self.dim = self.detector.dim
        self.weights = self.detector.weights

    def extract(self, frames: Frames) -> Features:
        """One row per object, frame by frame; T = 0 where nothing is found."""
        blocks = ((0, block) for block in frames.blocks(self.detector.batch))
        found = [
            detections
            for _, block_THWC in sent_ahead(blocks, self.detector.device)
            for detections in self.detector.detect(block_THWC)
        ]
        vectors = [one.vector_D for detections in found for one in detections]
        rows_TD = np.array(vectors, np.float32).reshape(len(vectors), self.dim)
        return recognised_features(rows_TD, found, frames, self.fps)


def recognised_features(
    rows_TD: NDArray[np.float32], found: list[list[Detection]], frames: Frames, fps: float
) -> Features:
    """Rows with the time of their frame and the detections behind them.

    Args:
        rows_TD: (T, D) Rows, one per detection, frame by frame.
        found: Detections of each frame.
        frames: Frames that the objects were detected in.
        fps: Frame rate of the frames, in frames per second.
    """
    ends = frames.end_seconds(1 / fps)
    recognised = tuple(
        Recognised(one.label, float(start), float(end), one.score, one.corners)
        for detections, start, end in zip(found, frames.seconds_T, ends, strict=True)
        for one in detections
    )
    return Features(
        rows_TD,
        np.array([piece.start_seconds for piece in recognised], np.float64),
        np.array([piece.end_seconds for piece in recognised], np.float64),
        recognised,
    )


def _corners(boxes_TQ4: Tensor) -> Tensor:
    """(center x, center y, width, height) -> (left, top, right, bottom)."""
    centers, sides = boxes_TQ4[..., :2], boxes_TQ4[..., 2:]
    return torch.cat([centers - sides / 2, centers + sides / 2], dim=-1)
