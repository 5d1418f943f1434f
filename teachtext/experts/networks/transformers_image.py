"""Appearance of single frames by any vision network of the transformers library."""

# Shape suffixes: T = frames or rows, H = height, W = width, C = channels, B = batch, D = features.
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor
from transformers import (
    AutoConfig,
    AutoModel,
    CLIPVisionModelWithProjection,
    PretrainedConfig,
    PreTrainedModel,
    SiglipVisionModel,
)

from teachtext.errors import ConfigError
from teachtext.experts.networks.batching import BatchedNetwork, Times
from teachtext.experts.networks.prefetch import frames_ahead
from teachtext.experts.networks.preprocessing import load_preprocessing
from teachtext.pretrained.hub import load_checkpoint, load_part
from teachtext.video.media import Frames

_ROLE = "image network"

VISION_TOWERS = {"clip": CLIPVisionModelWithProjection, "siglip": SiglipVisionModel}
"""Networks of image and text whose image tower loads alone; others load whole."""

MEAN_OF_TOKENS = ("ijepa",)
"""Networks without a class token whose output is the mean of all."""

GPU_IMAGES, CPU_IMAGES = 64, 4
"""Frames in a batch; small ones stay in a processor's cache."""

MAX_NOISE = 0.01
"""Share of its largest value by which a vector may differ when it is computed again."""

UNREAD = ("pooler.dense", "text_")
"""Parameters that a checkpoint may lack: they are not computed with."""


class TransformersImage(BatchedNetwork[Frames, Tensor]):
    """One row per frame.

    - CLIP and others of image and text: in the joint space (Radford et al., 2021); SigLIP: its
      attention-pooling head (Zhai et al., 2023).
    - DINOv2 and DINOv3: the normalised class token (Oquab et al., 2023).
    - ViT and others whose pooler is a layer for pretraining: the class token of the last hidden
      state (Dosovitskiy et al., 2021). Fine-tuned checkpoints lack that layer.
    - ConvNeXt, ResNet, Swin: the pooled last feature map (Liu et al., 2022).

    Attributes:
        preprocess: Function from (T, H, W, C) frames of one size, uint8 on the network's device, to
            (T, C, H, W) images as the network wants them.
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
            ConfigError: It cannot be loaded, or does not turn an image into a vector.
        """
        kind, config = _image_tower(load_part(AutoConfig, checkpoint, _ROLE))
        loaded = load_checkpoint(
            checkpoint,
            _ROLE,
            kind=kind,
            config=config,
            precision=precision,
            device=device,
            may_lack=UNREAD,
        )
        super().__init__(loaded, gpu_batch=GPU_IMAGES, cpu_batch=CPU_IMAGES)
        self.fps = fps
        self.preprocess = load_preprocessing(checkpoint, _ROLE)
        self.dim = self._measure_dim(checkpoint)

    def inputs(self, videos: Sequence[Frames]) -> Iterator[tuple[int, Tensor]]:
        """Each frame as the network wants it."""
        for index, frames_THWC in frames_ahead(videos, self.batch, self.device):
            yield from ((index, image) for image in self.preprocess(frames_THWC))

    @torch.inference_mode()
    def embed(self, batch: Tensor) -> Tensor:
        """(B, D) float32 vectors of (B, C, H, W) images."""
        return _pool(self.model, batch.to(self._dtype)).float()

    def times(self, video: Frames) -> Times:
        """The interval of each frame."""
        return video.seconds_T, video.end_seconds(1 / self.fps)

    def _measure_dim(self, checkpoint: str) -> int:
        unsuitable = ConfigError(
            f"{type(self.model).__name__} of checkpoint {checkpoint!r} does not turn an image "
            "into one vector, always the same. Give another, such as CLIP, SigLIP, DINOv2, ViT or "
            "ConvNeXt."
        )
        pixels = torch.arange(64 * 64 * 3, device=self.device).to(torch.uint8)
        image = self.preprocess(pixels.reshape(1, 64, 64, 3))
        try:
            first, second = self.embed(image), self.embed(image)
        except (TypeError, ValueError, AttributeError, RuntimeError) as error:
            raise unsuitable from error
        # Networks that are trained to fill gaps hide other parts of the image each time.
        differs = (first - second).abs().max() > MAX_NOISE * first.abs().max()
        if first.ndim != 2 or bool(differs):
            raise unsuitable
        return first.shape[1]


def _image_tower(config: PretrainedConfig) -> tuple[type[PreTrainedModel], PretrainedConfig]:
    if config.model_type not in VISION_TOWERS:
        return AutoModel, config
    tower = config.vision_config
    # The width of the joint space belongs to both towers; the image tower's own entry is ignored.
    tower.projection_dim = getattr(config, "projection_dim", None)
    return VISION_TOWERS[config.model_type], tower


def _pool(model: PreTrainedModel, images_BCHW: Tensor) -> Tensor:
    """(B, D) of whatever the network returns for images."""
    joint = hasattr(model, "get_image_features")
    output = (model.get_image_features if joint else model)(pixel_values=images_BCHW)
    if isinstance(output, Tensor):
        return output
    projected: Tensor | None = getattr(output, "image_embeds", None)
    pooled: Tensor | None = getattr(output, "pooler_output", None)
    if projected is not None:
        return projected
    if pooled is not None and not hasattr(getattr(model, "pooler", None), "dense"):
        return pooled.flatten(start_dim=1)
    states_BTD: Tensor = output.last_hidden_state
    averages = model.config.model_type in MEAN_OF_TOKENS
    return states_BTD.mean(dim=1) if averages else states_BTD[:, 0]
