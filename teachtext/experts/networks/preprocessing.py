"""Frames as a pretrained network wants them: resize, crop, rescale, normalise. Torch only.

What is to be done is read from the checkpoint's own processor; the pixels are computed here, on
the network's device. Resizing gives the same bytes as Pillow, which most networks were trained
with and which the library's own processors use.
"""

# Shape suffixes: T = frames, H = height, W = width, C = channels, O = output side, I = input side.
import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F
from transformers import AutoImageProcessor, BaseImageProcessor
from transformers.utils import cached_file

from teachtext.errors import ConfigError
from teachtext.pretrained.hub import load_part

PRECISION_BITS = 22
"""Pillow keeps the weights of its filters in fixed point: 32 bits less 8 of a pixel, 2 spare."""

NEAREST, BILINEAR, BICUBIC = 0, 2, 3
"""Pillow's numbers of the filters, as processors' files have them."""

WARPED_FROM_PIXELS = 384
"""ConvNeXT: a side from which frames are squashed to a square instead of cropped."""

MAX_MEAN_DIFFERENCE = 0.02
"""Between our frames and the library's, in normalised units: one grey level is about 0.017."""

PROBES_HW = ((37, 53), (90, 41))
"""Frames that ours and the library's processor are compared on when a checkpoint is loaded."""

YOLOS_MULTIPLE = 16


@dataclass(frozen=True)
class Preprocessing:
    """The steps of one checkpoint, in this order.

    Attributes:
        size: Side lengths in pixels to resize to, under the library's keys; empty to keep the frame
            size.
        resample: Pillow's number of the filter.
        crop_pct: Share of the resized frame that ConvNeXT's crop keeps.
        multiple_of: Divisor in pixels; both sides are cut down to a multiple of it before resizing.
        crop: Height and width in pixels of the centre crop; smaller frames get black borders. None
            for no crop.
        scale: Factor by which pixel values are multiplied.
        offset: Offset added after scaling.
        mean: Mean of each channel, subtracted after the offset is added.
        std: Standard deviation of each channel, by which the result is divided.
    """

    size: Mapping[str, int]
    resample: int
    crop_pct: float | None
    multiple_of: int
    crop: tuple[int, int] | None
    scale: float
    offset: float
    mean: tuple[float, float, float]
    std: tuple[float, float, float]

    @torch.inference_mode()
    def __call__(self, frames_THWC: Tensor) -> Tensor:
        """(T, C, H, W) float32 of uint8 RGB frames, computed where these are."""
        return torch.stack([self._prepare(frame_HWC) for frame_HWC in frames_THWC])

    def _prepare(self, frame_HWC: Tensor) -> Tensor:
        height, width, crop = self._geometry(*frame_HWC.shape[:2])
        resized = resize_like_pillow(frame_HWC.permute(2, 0, 1), height, width, self.resample)
        if crop is not None:
            resized = center_crop(resized, *crop)
        mean, std = (resized.new_tensor(values)[:, None, None] for values in (self.mean, self.std))
        return ((resized * self.scale + self.offset - mean) / std).float()

    def _geometry(self, height: int, width: int) -> tuple[int, int, tuple[int, int] | None]:
        """Height and width to resize a frame to, and what to crop then."""
        if not self.size:
            return height, width, self.crop
        if self.crop_pct is not None:
            return self._convnext_geometry(height, width, self.size["shortest_edge"])
        new_height, new_width = (
            side - side % self.multiple_of for side in target_size(height, width, self.size)
        )
        return new_height, new_width, self.crop

    def _convnext_geometry(
        self, height: int, width: int, side: int
    ) -> tuple[int, int, tuple[int, int] | None]:
        """Resize and crop to a square, or squash if it is large (Liu et al., 2022)."""
        if side >= WARPED_FROM_PIXELS:
            return side, side, self.crop
        shortest = int(side / (self.crop_pct or 1))
        return (*target_size(height, width, {"shortest_edge": shortest}), (side, side))


def target_size(height: int, width: int, size: Mapping[str, int]) -> tuple[int, int]:
    """(height, width) that a frame is resized to, by the rules of the library."""
    if "height" in size and "width" in size:
        return size["height"], size["width"]
    if "shortest_edge" not in size:
        raise ConfigError(
            f"Frames cannot be resized to {dict(size)}. "
            "Give a checkpoint whose processor has shortest_edge, or height and width."
        )
    short, long = sorted((height, width))
    edge: float = size["shortest_edge"]
    if "longest_edge" in size and long / short * edge > size["longest_edge"]:
        edge = size["longest_edge"] * short / long
    new_short, new_long = round(edge), int(edge * long / short)
    return (new_short, new_long) if height <= width else (new_long, new_short)


def center_crop(image_CHW: Tensor, height: int, width: int) -> Tensor:
    """Cut (height, width) from the middle; what lies outside the image is zero."""
    top, left = ((image_CHW.shape[1] - height) // 2, (image_CHW.shape[2] - width) // 2)
    bottom, right = (image_CHW.shape[1] - height - top, image_CHW.shape[2] - width - left)
    return F.pad(image_CHW, (-left, -right, -top, -bottom))


def resize_like_pillow(image_CHW: Tensor, height: int, width: int, resample: int) -> Tensor:
    """(C, height, width) float64 whole numbers 0..255: the bytes that Pillow's resize gives.

    Pillow filters rows, rounds to bytes, then filters columns. Its sums are whole numbers below
    2 ** 53, so that float64 matrix products are exact in any order, on any device. (Since
    version 13 it filters columns first where the height shrinks by far more than the width; the
    versions that networks were trained with did not, and features must not depend on the version.)

    Args:
        image_CHW: (C, H, W) uint8 Image to resize.
        height: Height to resize to, in pixels.
        width: Width to resize to, in pixels.
        resample: Pillow's number of the filter.
    """
    image = image_CHW.double()
    for axis, side in ((2, width), (1, height)):
        if side == image.shape[axis]:
            continue
        if resample == NEAREST:
            source = torch.from_numpy(_nearest_sources(image.shape[axis], side))
            image = image.index_select(axis, source.to(image.device))
        else:
            weights_OI = _filter_weights(image.shape[axis], side, resample, image.device)
            image = image @ weights_OI.T if axis == 2 else weights_OI @ image
            image = torch.floor((image + 2 ** (PRECISION_BITS - 1)) / 2**PRECISION_BITS)
            image = image.clamp(0, 255)
    return image


def _nearest_sources(in_side: int, out_side: int) -> NDArray[np.int64]:
    """(O,) pixel that each output pixel copies; summed up step by step, as Pillow does."""
    steps = np.full(out_side, in_side / out_side)
    steps[0] /= 2
    return np.minimum(np.cumsum(steps).astype(np.int64), in_side - 1)


@functools.lru_cache(maxsize=16)
def _filter_weights(in_side: int, out_side: int, resample: int, device: torch.device) -> Tensor:
    """(O, I) whole numbers: share of each input pixel in units of 2 ** -PRECISION_BITS."""
    scale = in_side / out_side
    stretch = max(scale, 1.0)
    support = (1 if resample == BILINEAR else 2) * stretch
    centers_O = (np.arange(out_side) + 0.5) * scale
    first_O = np.maximum((centers_O - support + 0.5).astype(np.int64), 0)
    end_O = np.minimum((centers_O + support + 0.5).astype(np.int64), in_side)
    sources_I = np.arange(in_side)
    distances_OI = (sources_I - centers_O[:, None] + 0.5) / stretch
    inside_OI = (sources_I >= first_O[:, None]) & (sources_I < end_O[:, None])
    weights_OI = np.where(inside_OI, _filter(np.abs(distances_OI), resample), 0.0)
    weights_OI /= weights_OI.sum(axis=1, keepdims=True)
    fixed_OI = np.trunc(weights_OI * 2**PRECISION_BITS + np.copysign(0.5, weights_OI))
    return torch.from_numpy(fixed_OI).to(device)


def _filter(x: NDArray[np.float64], resample: int) -> NDArray[np.float64]:
    """Triangle, or the cubic of Keys (1981) with a = -0.5."""
    if resample == BILINEAR:
        return np.maximum(1 - x, 0)
    near = (1.5 * x - 2.5) * x * x + 1
    far = (((x - 5) * x + 8) * x - 4) * -0.5
    return np.where(x < 1, near, np.where(x < 2, far, 0))


def load_preprocessing(checkpoint: str, role: str) -> Preprocessing:
    """Read the preprocessing steps of a checkpoint's own processor.

    Args:
        checkpoint: Hub ID or local folder of the checkpoint.
        role: Role of the checkpoint for error messages, such as ``image network``.

    Raises:
        ConfigError: It has no processor, or one with steps that are not known here.
    """
    owner = f"the {role} {checkpoint!r}"
    try:
        processor = load_part(
            AutoImageProcessor, checkpoint, f"processor of the {role}", backend="pil"
        )
    except ConfigError:
        settings = _video_settings(checkpoint)
        if settings is None:
            raise
        return _read_settings(settings, owner)
    preprocessing = _read_settings(vars(processor), owner)
    _check_against(processor, preprocessing, owner)
    return preprocessing


def _video_settings(checkpoint: str) -> dict[str, Any] | None:
    """Settings of a video processor; the library's own classes of these need torchvision."""
    for name in ("video_preprocessor_config.json", "preprocessor_config.json"):
        try:
            file = cached_file(checkpoint, name)
            settings: dict[str, Any] = json.loads(Path(file).read_text())
        except (OSError, ValueError):
            continue
        if "video_processor_type" in settings:
            return settings
    return None


def _read_settings(settings: Mapping[str, Any], owner: str) -> Preprocessing:
    kind = str(settings.get("image_processor_type") or settings.get("video_processor_type"))
    resizes, rescales, normalizes, crops = (
        bool(settings.get(f"do_{step}"))
        for step in ("resize", "rescale", "normalize", "center_crop")
    )
    resample = settings.get("resample")
    if resizes and resample not in (None, NEAREST, BILINEAR, BICUBIC):
        raise ConfigError(
            f"The processor of {owner} resizes with filter {resample!r}. "
            "Give a checkpoint with nearest (0), bilinear (2) or bicubic (3)."
        )
    crop = _sides(settings["crop_size"], square=True) if crops else {}
    # The video processor of ViViT has no such key and always does it.
    offset = rescales and settings.get("offset", kind.startswith("VivitVideo"))
    return Preprocessing(
        size=_sides(settings["size"], square=False) if resizes else {},
        resample=BILINEAR if resample is None else int(resample),
        crop_pct=settings.get("crop_pct"),
        multiple_of=YOLOS_MULTIPLE if kind.startswith("Yolos") else 1,
        crop=(crop["height"], crop["width"]) if crops else None,
        scale=float(settings["rescale_factor"]) if rescales else 1.0,
        offset=-1.0 if offset else 0.0,
        mean=_channels(settings["image_mean"]) if normalizes else (0.0, 0.0, 0.0),
        std=_channels(settings["image_std"]) if normalizes else (1.0, 1.0, 1.0),
    )


def _sides(size: int | Mapping[str, int], *, square: bool) -> dict[str, int]:
    """Sides by name; a single number is both sides of a square, or the shorter one."""
    if isinstance(size, int):
        return {"height": size, "width": size} if square else {"shortest_edge": size}
    names = ("height", "width", "shortest_edge", "longest_edge")
    return {name: int(size[name]) for name in names if size.get(name)}


def _channels(values: float | Sequence[float]) -> tuple[float, float, float]:
    red, green, blue = [values] * 3 if isinstance(values, (int, float)) else values
    return float(red), float(green), float(blue)


def _check_against(processor: BaseImageProcessor, preprocessing: Preprocessing, owner: str) -> None:
    """Compare with the library's processor, which may have steps of its own."""
    generator = np.random.default_rng(0)
    for height, width in PROBES_HW:
        frame_HWC = generator.integers(0, 256, (height, width, 3), np.uint8)
        theirs = np.asarray(processor([frame_HWC], return_tensors="np").get("pixel_values", 0.0))
        ours = preprocessing(torch.from_numpy(frame_HWC[None]))[0].numpy()
        alike = theirs.shape[-3:] == ours.shape and theirs.size == ours.size
        if not alike or np.abs(theirs.reshape(ours.shape) - ours).mean() > MAX_MEAN_DIFFERENCE:
            raise ConfigError(
                f"The processor of {owner}, {type(processor).__name__}, does more than to resize, "
                "crop, rescale and normalize. Give another checkpoint."
            )
