"""Checkpoints of the transformers library with random weights, of the usual sizes or tiny."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
import transformers
from transformers import (
    ConvNextConfig,
    ConvNextModel,
    PreTrainedModel,
    VideoMAEConfig,
    VideoMAEModel,
    ViTConfig,
    ViTModel,
)

NARROW = {"hidden_size": 192, "num_attention_heads": 3, "intermediate_size": 768}
WIDE = {"hidden_size": 1024, "num_attention_heads": 16, "intermediate_size": 4096}
SQUARE = {"size": {"height": 224, "width": 224}}
CROPPED = {"size": {"shortest_edge": 224}, "crop_size": {"height": 224, "width": 224}}


@dataclass(frozen=True)
class Network:
    """How a checkpoint is made.

    Attributes:
        kind: what it sees at a time.
        build: the network, as its config leaves it.
        processor: class of the library that prepares its frames, without torchvision.
        settings: of the processor.
    """

    kind: Literal["image", "video"]
    build: Callable[[], PreTrainedModel]
    processor: str
    settings: dict


def vit(**sizes):
    return Network("image", lambda: ViTModel(ViTConfig(**sizes)), "ViTImageProcessorPil", SQUARE)


def video_mae(**sizes):
    return Network(
        "video",
        lambda: VideoMAEModel(VideoMAEConfig(**sizes)),
        "VideoMAEImageProcessorPil",
        CROPPED,
    )


def convnext(**sizes):
    return Network(
        "image",
        lambda: ConvNextModel(ConvNextConfig(**sizes)),
        "ConvNextImageProcessorPil",
        {"size": {"shortest_edge": 224}},
    )


NETWORKS = {
    "vit-tiny": vit(**NARROW),
    "vit-base": vit(),
    "vit-large": vit(**WIDE, num_hidden_layers=24),
    "convnext-narrow": convnext(hidden_sizes=[16, 32, 64, 128], depths=[1, 1, 2, 1]),
    "convnext-tiny": convnext(),
    "videomae-narrow": video_mae(**NARROW, num_hidden_layers=2),
    "videomae-base": video_mae(),
}


def make_checkpoint(folder: Path, name: str, *, gain: float = 1) -> Path:
    """Save a network and its processor, as a hub checkpoint is.

    Args:
        folder: to save it in.
        name: a key of ``NETWORKS``.
        gain: factor of its matrices; as they begin, they hardly look at an image.
    """
    network = NETWORKS[name]
    torch.manual_seed(0)
    model = network.build()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim > 1:
                parameter.mul_(gain)
    model.save_pretrained(folder)
    getattr(transformers, network.processor)(**network.settings).save_pretrained(folder)
    return folder
