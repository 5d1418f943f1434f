"""Objects in frames by any detector of the transformers library: what, where, and its vector."""

# Shape suffixes: T = frames or rows, H = height, W = width, C = channels, Q = queries, L = labels,
# K = kept pairs of query and label, D = features.
from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import AutoModelForObjectDetection

from teachtext.errors import ConfigError
from teachtext.experts.base import VideoByVideo
from teachtext.experts.networks.prefetch import frames_ahead
from teachtext.experts.networks.preprocessing import load_preprocessing
from teachtext.experts.networks.recognition import recognised_features
from teachtext.pretrained.hub import load_checkpoint
from teachtext.store.records import Features, Recognised
from teachtext.video.media import Frames

_ROLE = "object detector"

MIN_OBJECT_SCORE = 0.5
"""Confidence from which a detection is kept."""

MAX_PER_FRAME = 100
"""Detections of a frame that are kept at most, the surest first."""

GPU_FRAMES, CPU_FRAMES = 16, 1
"""Frames in a batch."""


_Found = tuple[Recognised, NDArray[np.float32]]
"""An object, and the (D,) last hidden state of the query that found it."""


class TransformersObjects(VideoByVideo[Frames]):
    """One row per object that was found in a frame: the vector of the query that found it.

    DETR and its kin (Carion et al., 2020): a set of queries, each of which finds an object. Scores
    are softmax where the network has one class more than it has labels, for 'no object' (DETR,
    YOLOS, Table Transformer), and one sigmoid per label elsewhere (Conditional and Deformable DETR,
    RT-DETR, D-FINE). There, a query may be kept with two labels.

    Attributes:
        dim: Width of a query's vector, D.
        weights: Name and hash of the weights.
        labels: Labels that the detector can assign.
        loaded: Detector on its device.
    """

    def __init__(
        self, *, fps: float, checkpoint: str, precision: str = "float32", device: str = "cpu"
    ) -> None:
        """Load the network.

        Args:
            fps: Frame rate of the input in frames per second; each row stands for 1 / fps seconds.
            checkpoint: Hub ID or local folder of the checkpoint.
            precision: Precision of weights and activations; rows are float32.
            device: Device of the network, such as ``cpu`` or ``cuda``.

        Raises:
            ConfigError: It cannot be loaded, or is no detector.
        """
        loaded = load_checkpoint(
            checkpoint,
            _ROLE,
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
        self.fps = fps
        self.dim = int(width)
        self.weights = loaded.weights
        self.labels = [str(config.id2label[index]) for index in range(config.num_labels)]
        self.loaded = loaded
        self._preprocessing = load_preprocessing(checkpoint, _ROLE)

    def extract(self, frames: Frames) -> Features:
        """One row per object, frame by frame; T = 0 where nothing is found."""
        found = [one for _, objects in self.detect(frames) for one in objects]
        rows_TD = np.array([row_D for _, row_D in found], np.float32).reshape(-1, self.dim)
        return recognised_features(rows_TD, [piece for piece, _ in found])

    def detect(self, frames: Frames) -> Iterator[tuple[Tensor, list[_Found]]]:
        """Each frame as (H, W, C) on the network's device, and what is in it, the surest first.

        Boxes go clockwise from the top left, and may extend beyond the frame.
        """
        size = GPU_FRAMES if self.loaded.device.type == "cuda" else CPU_FRAMES
        ends = frames.end_seconds(1 / self.fps)
        times = iter(zip(frames.seconds_T.tolist(), ends.tolist(), strict=True))
        for _, block_THWC in frames_ahead([frames], size, self.loaded.device):
            for frame_HWC, outputs in zip(block_THWC, self._forward(block_THWC), strict=True):
                yield frame_HWC, self._keep(*outputs, *next(times))

    @torch.inference_mode()
    def _forward(self, frames_THWC: Tensor) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """Logits (Q, L), boxes (Q, 4) in pixels and states (Q, D) of each frame, on the CPU."""
        images_TCHW = self._preprocessing(frames_THWC)
        output = self.loaded.model(pixel_values=images_TCHW.to(self.loaded.dtype))
        height, width = frames_THWC.shape[1:3]
        centers, sides = output.pred_boxes.float().split(2, dim=-1)
        boxes_TQ4 = torch.cat([centers - sides / 2, centers + sides / 2], dim=-1)
        boxes_TQ4 *= boxes_TQ4.new_tensor([width, height, width, height])
        # YOLOS puts its queries last, behind the tokens of the image.
        states_TQD = output.last_hidden_state[:, -output.logits.shape[1] :].float()
        parts = (output.logits.float(), boxes_TQ4, states_TQD)
        return zip(*(part.cpu() for part in parts), strict=True)

    def _keep(
        self, logits_QL: Tensor, boxes_Q4: Tensor, states_QD: Tensor, start: float, end: float
    ) -> list[_Found]:
        if logits_QL.shape[1] == len(self.labels) + 1:
            scores_K, labels_K = logits_QL.softmax(dim=1)[:, :-1].max(dim=1)
            queries_K = torch.arange(len(logits_QL))
        else:
            scores_K = logits_QL.sigmoid().flatten()
            pairs_K = torch.arange(len(scores_K))
            queries_K, labels_K = pairs_K // len(self.labels), pairs_K % len(self.labels)
        order_K = scores_K.argsort(descending=True, stable=True)[:MAX_PER_FRAME]
        found = []
        for index in order_K[scores_K[order_K] > MIN_OBJECT_SCORE].tolist():
            query, label = queries_K[index], self.labels[int(labels_K[index])]
            left, top, right, bottom = boxes_Q4[query].tolist()
            corners = (left, top), (right, top), (right, bottom), (left, bottom)
            piece = Recognised(label, start, end, float(scores_K[index]), corners)
            found.append((piece, states_QD[query].numpy()))
        return found
