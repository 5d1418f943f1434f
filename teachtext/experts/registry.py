"""The networks an expert can use, by name. Imports a network only when it is asked for."""

import importlib
from dataclasses import dataclass

from teachtext.errors import ConfigError
from teachtext.experts.base import AudioExpert, FrameExpert, Signal


@dataclass(frozen=True)
class Network:
    """One entry of the registry.

    Attributes:
        target: ``module:class`` of the adapter.
        signal: what it looks at.
        reads_text: whether it recognises text, which a text encoder then embeds.
    """

    target: str
    signal: Signal
    reads_text: bool = False


EXPERTS = {
    "efficientnet-lite0": Network("teachtext.experts.efficientnet:EfficientNetLite0", "frames"),
    "optical-flow": Network("teachtext.experts.optical_flow:OpticalFlow", "frames"),
    "sound-effects": Network("teachtext.experts.sound_effects:SoundEffects", "audio"),
    "whisper-base": Network("teachtext.experts.whisper:WhisperBase", "audio", reads_text=True),
    "rapidocr": Network("teachtext.experts.ocr:RapidOCRReader", "frames", reads_text=True),
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


def load_expert(name: str, **arguments: object) -> FrameExpert | AudioExpert:
    """Build a network's adapter. Frame networks take ``fps``, text readers ``text_encoder``."""
    module, class_name = network(name).target.split(":")
    loaded: FrameExpert | AudioExpert = getattr(importlib.import_module(module), class_name)(
        **arguments
    )
    return loaded
