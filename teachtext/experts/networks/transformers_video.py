"""Motion and action in short windows of frames by video networks of the transformers library."""

# Shape suffixes: B = batch, N = frames of a window, T = rows, C = channels, H = height, W = width,
# P = tokens, D = features.
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from transformers import AutoConfig, PretrainedConfig, PreTrainedModel

from teachtext.errors import ConfigError
from teachtext.experts.networks.batching import BatchedNetwork, Times
from teachtext.experts.networks.prefetch import frames_ahead
from teachtext.experts.networks.preprocessing import load_preprocessing
from teachtext.pretrained.hub import load_checkpoint, load_part
from teachtext.video.media import Frames

_ROLE = "video network"

GPU_WINDOWS, CPU_WINDOWS = 8, 1
"""Windows in a batch."""


@dataclass(frozen=True)
class Family:
    """How a network's windows become vectors.

    Attributes:
        frames: Function from the config to the number of frames per training window, N.
        dim: Function from the config to the width of a vector, D.
        pool: Function from model and windows (B, N, C, H, W) to vectors (B, D).
        may_lack: Words in the names of parameters that are not used in the computation.
    """

    frames: Callable[[PretrainedConfig], int]
    dim: Callable[[PretrainedConfig], int]
    pool: Callable[[PreTrainedModel, Tensor], Tensor]
    may_lack: tuple[str, ...] = ()


def _mean_of_tokens(model: PreTrainedModel, windows_BNCHW: Tensor) -> Tensor:
    states_BPD: Tensor = model(pixel_values=windows_BNCHW).last_hidden_state
    return states_BPD.mean(dim=1)


def _class_token(model: PreTrainedModel, windows_BNCHW: Tensor) -> Tensor:
    states_BPD: Tensor = model(pixel_values=windows_BNCHW).last_hidden_state
    return states_BPD[:, 0]


def _joint_space(model: PreTrainedModel, windows_BNCHW: Tensor) -> Tensor:
    output = model.get_video_features(pixel_values=windows_BNCHW)
    vectors_BD: Tensor = output if isinstance(output, Tensor) else output.pooler_output
    return vectors_BD


def _mean_of_encoder(model: PreTrainedModel, windows_BNCHW: Tensor) -> Tensor:
    output = model(pixel_values_videos=windows_BNCHW, skip_predictor=True)
    states_BPD: Tensor = output.last_hidden_state
    return states_BPD.mean(dim=1)


FAMILIES = {
    "videomae": Family(lambda c: c.num_frames, lambda c: c.hidden_size, _mean_of_tokens),
    "timesformer": Family(lambda c: c.num_frames, lambda c: c.hidden_size, _class_token),
    "vivit": Family(
        lambda c: c.num_frames, lambda c: c.hidden_size, _class_token, ("pooler.dense",)
    ),
    "xclip": Family(lambda c: c.vision_config.num_frames, lambda c: c.projection_dim, _joint_space),
    "vjepa2": Family(
        lambda c: c.frames_per_clip, lambda c: c.hidden_size, _mean_of_encoder, ("predictor",)
    ),
}
"""Model type -> what is known of it."""


class TransformersVideo(BatchedNetwork[Frames, Tensor]):
    """One row per window of frames, one window after the other.

    - VideoMAE: mean of all tokens (Tong et al., 2022).
    - TimeSformer and ViViT: the class token (Bertasius et al., 2021; Arnab et al., 2021).
    - X-CLIP: the video's vector in the joint space with text (Ni et al., 2022).
    - V-JEPA 2: mean of the encoder's tokens (Assran et al., 2025).

    Attributes:
        window_frames: Number of frames of a window, N.
        preprocess: Function from (T, H, W, C) frames of one size, uint8 on the network's device, to
            (T, C, H, W) frames as the network wants them.
    """

    def __init__(
        self, *, fps: float, checkpoint: str, precision: str = "float32", device: str = "cpu"
    ) -> None:
        """Load the network.

        Args:
            fps: Frame rate of the input in frames per second; a row stands for N / fps seconds.
            checkpoint: Hub ID or local folder of the checkpoint.
            precision: Precision of weights and activations; rows are float32.
            device: Device of the network, such as ``cpu`` or ``cuda``.

        Raises:
            ConfigError: It cannot be loaded, or is of no known family.
        """
        config = load_part(AutoConfig, checkpoint, _ROLE)
        if config.model_type not in FAMILIES:
            raise ConfigError(
                f"Checkpoint {checkpoint!r} of the {_ROLE} is of type {config.model_type!r}. "
                f"Give one of: {', '.join(FAMILIES)}."
            )
        family = FAMILIES[config.model_type]
        loaded = load_checkpoint(
            checkpoint, _ROLE, precision=precision, device=device, may_lack=family.may_lack
        )
        super().__init__(loaded, gpu_batch=GPU_WINDOWS, cpu_batch=CPU_WINDOWS)
        self.fps = fps
        self.window_frames = int(family.frames(config))
        self.dim = int(family.dim(config))
        self._pool = family.pool
        self.preprocess = load_preprocessing(checkpoint, _ROLE)

    def inputs(self, videos: Sequence[Frames]) -> Iterator[tuple[int, Tensor]]:
        """Each window; a video's last one repeats its last frame to be full."""
        for index, frames_THWC in frames_ahead(videos, self.window_frames, self.device):
            frames_NCHW = self.preprocess(frames_THWC)
            missing = self.window_frames - len(frames_NCHW)
            yield index, torch.cat([frames_NCHW, *[frames_NCHW[-1:]] * missing])

    @torch.inference_mode()
    def embed(self, batch: Tensor) -> Tensor:
        """(B, D) float32 vectors of (B, N, C, H, W) windows."""
        return self._pool(self.model, batch.to(self._dtype)).float()

    def times(self, video: Frames) -> Times:
        """Start of each window's first frame, end of its last real one."""
        starts = np.arange(0, len(video), self.window_frames)
        lasts = np.minimum(starts + self.window_frames, len(video)) - 1
        return video.seconds_T[starts], video.end_seconds(1 / self.fps)[lasts]
