"""Appearance of single frames by any vision network of the transformers library."""

# Shape suffixes: T = frames or rows, H = height, W = width, C = channels, B = batch, D = features.
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import (
    AutoModel,
    CLIPVisionModelWithProjection,
    PretrainedConfig,
    PreTrainedModel,
    SiglipVisionModel,
)

from teachtext.errors import ConfigError
from teachtext.experts.networks.prefetch import sent_ahead
from teachtext.experts.networks.preprocessing import load_preprocessing
from teachtext.pretrained.hub import load_checkpoint, load_config
from teachtext.store.records import Features
from teachtext.video.media import Frames

ROLE = "image network"

VISION_TOWERS = {"clip": CLIPVisionModelWithProjection, "siglip": SiglipVisionModel}
"""Networks of image and text whose image tower loads alone; others load whole."""

MEAN_OF_TOKENS = ("ijepa",)
"""Networks without a class token whose output is the mean of all."""

GPU_BATCH, CPU_BATCH = 64, 4
"""Frames in a batch; small ones stay in a processor's cache."""

GPU_VIDEOS = 16
"""Videos that fill batches together: a clip of 10 s at 1 frame per second is 10 frames."""

MAX_NOISE = 0.01
"""Share of its largest value by which a vector may differ when it is computed again."""

UNREAD = ("pooler.dense", "text_")
"""Parameters that a checkpoint may lack: they are not computed with."""


class ImageEmbedder:
    """One vector per image.

    - CLIP and others of image and text: in the joint space (Radford et al., 2021); SigLIP: its
      attention-pooling head (Zhai et al., 2023).
    - DINOv2 and DINOv3: the normalised class token (Oquab et al., 2023).
    - ViT and others whose pooler is a layer for pretraining: the class token of the last hidden
      state (Dosovitskiy et al., 2021). Fine-tuned checkpoints lack that layer.
    - ConvNeXt, ResNet, Swin: the pooled last feature map (Liu et al., 2022).

    Attributes:
        dim: Width of a vector, D.
        weights: Name and hash of the weights.
        batch: Number of images computed at once.
        device: Device of the network.
    """

    def __init__(self, *, checkpoint: str, precision: str, device: str) -> None:
        """Load the network.

        Args:
            checkpoint: Hub ID or local folder of the checkpoint.
            precision: Precision of weights and activations.
            device: Device of the network, such as ``cpu`` or ``cuda``.

        Raises:
            ConfigError: It cannot be loaded, or does not turn an image into a vector.
        """
        kind, config = _image_tower(load_config(checkpoint, ROLE))
        loaded = load_checkpoint(
            checkpoint,
            ROLE,
            kind=kind,
            config=config,
            precision=precision,
            device=device,
            may_lack=UNREAD,
        )
        self.weights = loaded.weights
        self.batch = GPU_BATCH if loaded.device.type == "cuda" else CPU_BATCH
        self.device = loaded.device
        self._model, self._dtype = loaded.model, loaded.dtype
        self._preprocessing = load_preprocessing(checkpoint, ROLE)
        self.dim = self._measure_dim(checkpoint)

    def preprocess(self, frames_THWC: Tensor) -> Tensor:
        """(T, C, H, W) images of one size, as the network wants them; of uint8 on its device."""
        return self._preprocessing(frames_THWC)

    @torch.inference_mode()
    def embed(self, images_BCHW: Tensor) -> Tensor:
        """(B, D) float32."""
        return _pool(self._model, images_BCHW.to(self._dtype)).float()

    def _measure_dim(self, checkpoint: str) -> int:
        pixels = torch.arange(64 * 64 * 3, device=self.device).to(torch.uint8)
        image = self.preprocess(pixels.reshape(1, 64, 64, 3))
        try:
            first, second = self.embed(image), self.embed(image)
        except (TypeError, ValueError, AttributeError, RuntimeError) as error:
            raise _unsuitable(checkpoint, self._model) from error
        # Networks that are trained to fill gaps hide other parts of the image each time.
        differs = (first - second).abs().max() > MAX_NOISE * first.abs().max()
        if first.ndim != 2 or bool(differs):
            raise _unsuitable(checkpoint, self._model)
        return first.shape[1]


class TransformersImage:
    """One row per frame: see ``ImageEmbedder``."""

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
        self.embedder = ImageEmbedder(checkpoint=checkpoint, precision=precision, device=device)
        self.fps = fps
        self.dim = self.embedder.dim
        self.weights = self.embedder.weights
        self.videos_per_batch = GPU_VIDEOS if self.embedder.batch == GPU_BATCH else 1

    def extract_batch(self, videos: Sequence[Frames]) -> list[Features]:
        """One row per frame of each video; batches are filled across videos."""
        rows = embed_in_batches(
            self._images(videos),
            self.embedder.embed,
            videos=len(videos),
            dim=self.dim,
            batch=self.embedder.batch,
        )
        return [
            Features(rows_TD, video.seconds_T, video.end_seconds(1 / self.fps))
            for rows_TD, video in zip(rows, videos, strict=True)
        ]

    def _images(self, videos: Sequence[Frames]) -> Iterator[tuple[int, Tensor]]:
        blocks = (
            (index, block)
            for index, video in enumerate(videos)
            for block in video.blocks(self.embedder.batch)
        )
        for index, frames_THWC in sent_ahead(blocks, self.embedder.device):
            yield from ((index, image) for image in self.embedder.preprocess(frames_THWC))


def embed_in_batches(
    inputs: Iterable[tuple[int, Tensor]],
    embed: Callable[[Tensor], Tensor],
    *,
    videos: int,
    dim: int,
    batch: int,
) -> list[NDArray[np.float32]]:
    """(T, D) rows of each video, in the order of its inputs.

    Args:
        inputs: Index of a video and one input of the network, drawn as batches need them.
        embed: Function from a batch of inputs to its vectors (B, D).
        videos: Number of videos; one without inputs gets 0 rows.
        dim: Width of a vector, D.
        batch: Number of inputs computed at once; fewer if the next one has another shape.
    """
    rows: list[list[NDArray[np.float32]]] = [[] for _ in range(videos)]

    def keep(owners: list[int], vectors_BD: Tensor) -> None:
        for owner, vector_D in zip(owners, vectors_BD.cpu().numpy(), strict=True):
            rows[owner].append(vector_D)

    computing: tuple[list[int], Tensor] | None = None
    for owners, stacked in _batches(inputs, batch):
        vectors_BD = embed(stacked)
        # to fetch vectors is to wait for a GPU, which by now has the next batch to go on with
        if computing is not None:
            keep(*computing)
        computing = owners, vectors_BD
    if computing is not None:
        keep(*computing)
    return [np.array(video, np.float32).reshape(len(video), dim) for video in rows]


def _batches(
    inputs: Iterable[tuple[int, Tensor]], batch: int
) -> Iterator[tuple[list[int], Tensor]]:
    owners: list[int] = []
    waiting: list[Tensor] = []
    for owner, tensor in inputs:
        if waiting and (len(waiting) == batch or tensor.shape != waiting[0].shape):
            yield owners, torch.stack(waiting)
            owners, waiting = [], []
        owners.append(owner)
        waiting.append(tensor)
    if waiting:
        yield owners, torch.stack(waiting)


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


def _unsuitable(checkpoint: str, model: PreTrainedModel) -> ConfigError:
    return ConfigError(
        f"{type(model).__name__} of checkpoint {checkpoint!r} does not turn an image into one "
        "vector, always the same. Give another, such as CLIP, SigLIP, DINOv2, ViT or ConvNeXt."
    )
