"""Models without training: their settings, who shares a space with whom, who may teach."""

from collections.abc import Container, Iterable, Mapping
from typing import Literal

from teachtext.config.base import Settings
from teachtext.config.experts import ExpertSettings
from teachtext.config.imported import ExpertEntry
from teachtext.config.models import (
    ArchitectureSettings,
    DenoiseSettings,
    ModelSettings,
    ZeroShotSettings,
)
from teachtext.config.text import TextEncoderSettings
from teachtext.errors import ConfigError

SEED = 0
"""In the place of a seed where nothing is drawn: there is one result, whatever the seeds are."""
_ENCODER = "joint"
"""The kind of text encoder whose captions share a space with experts."""


class ZeroShotArchitecture(Settings):
    """In the place of `models` where nothing is trained: all rows of all experts as they are."""

    architecture: Literal["ZeroShot"] = "ZeroShot"

    @property
    def max_rows(self) -> dict[str, int]:
        """No expert's rows are cut."""
        return {}

    def averages(self, expert: str) -> bool:  # noqa: ARG002 - the same for all
        """Whether the model sees the mean of an expert's rows: no, for it is of unit vectors."""
        return False


AnyArchitecture = ArchitectureSettings | ZeroShotArchitecture
"""What a model directory may hold."""


def check_spaces(
    where: str,
    model: ZeroShotSettings,
    experts: Mapping[str, ExpertEntry],
    text: Mapping[str, TextEncoderSettings],
) -> None:
    """Refuse captions and experts that come from different checkpoints.

    Of imported features the checkpoint is not known; their width is compared when they are there.

    Args:
        where: Place of the model in config.yaml.
        model: Model that names entries of ``experts`` and ``text``.
        experts: Section `experts` of config.yaml.
        text: Section `text` of config.yaml.

    Raises:
        ConfigError: They share no space.
    """
    encoder = text[model.text_encoder]
    if encoder.encoder != _ENCODER:
        raise ConfigError(
            f"config.yaml: {where}.text_encoder names {model.text_encoder!r}, whose encoder is "
            f"{encoder.encoder}. Name one with encoder {_ENCODER}: its captions share a space with "
            "experts."
        )
    for name in model.experts:
        expert = experts[name]
        if not isinstance(expert, ExpertSettings) or expert.text_encoder == model.text_encoder:
            continue
        if expert.text_encoder is not None or expert.checkpoint != encoder.checkpoint:
            own = expert.text_encoder or expert.checkpoint or expert.network
            raise ConfigError(
                f"config.yaml: {where}: expert {name!r} is made by {own!r}, captions by "
                f"{encoder.checkpoint!r}. Give both the same checkpoint, or leave the expert out."
            )


def check_teachers(
    untrained: Container[str], learners: Iterable[ModelSettings | DenoiseSettings]
) -> None:
    """Refuse seeds of what has none.

    Args:
        untrained: Names of the models that are not trained.
        learners: Settings of everything that has teachers.

    Raises:
        ConfigError: A teacher that is not trained is given seeds.
    """
    for teacher in (teacher for learner in learners for teacher in learner.teachers):
        if teacher.model in untrained and teacher.seeds is not None:
            raise ConfigError(
                f"config.yaml: teacher {teacher.model!r} is not trained here, so it has no "
                f"seeds (got {teacher.seeds}). Write its name alone."
            )
