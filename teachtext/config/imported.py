"""Entries of config.yaml that the pipeline makes, or that name a file made elsewhere."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag, model_validator

from teachtext.config.base import Positive, Settings
from teachtext.config.experts import ExpertSettings
from teachtext.config.models import ModelSettings
from teachtext.config.text import TextSettings

MADE, IMPORTED = "made here", "made elsewhere"
"""The two kinds of an entry; pydantic puts them into the places of errors."""


class ImportSettings(Settings):
    """An expert's features, or a teacher's similarities, made elsewhere."""

    file: str = Field(
        alias="import",
        min_length=1,
        description="made elsewhere: features (.zarr, also as a URL; .npz, HDF5), or similarities "
        "(Parquet)",
    )

    @model_validator(mode="before")
    @classmethod
    def _alone(cls, entry: Mapping[str, Any]) -> dict[str, Any]:
        return _with_import(entry, ())


class ImportedTokens(Settings):
    """Token vectors of the captions, made elsewhere."""

    file: str = Field(
        alias="import", min_length=1, description="Parquet that `teachtext import-features` wrote"
    )
    max_tokens: Positive = Field(description="longer captions are cut")

    @model_validator(mode="before")
    @classmethod
    def _alone(cls, entry: Mapping[str, Any]) -> dict[str, Any]:
        return _with_import(entry, ("max_tokens",))


def _with_import(entry: Mapping[str, Any], beside: tuple[str, ...]) -> dict[str, Any]:
    given = {key: value for key, value in entry.items() if value is not None}
    others = [key for key in given if key not in ("import", *beside)]
    if others:
        raise ValueError(f"has import and {others[0]}, of which it may have one; remove one")
    return given


def _kind_by(key: str, made: type[Settings]) -> Callable[[object], str | None]:
    """What tells an entry that is made here by a key from one that is imported."""

    def kind(entry: object) -> str | None:
        is_made = isinstance(entry, made) or (
            isinstance(entry, Mapping) and entry.get(key) is not None
        )
        return IMPORTED if _is_import(entry) else MADE if is_made else None

    return kind


def _teacher_kind(entry: object) -> str:
    return IMPORTED if _is_import(entry) else MADE


def _is_import(entry: object) -> bool:
    return isinstance(entry, ImportSettings | ImportedTokens) or (
        isinstance(entry, Mapping) and entry.get("import") is not None
    )


ExpertEntry = Annotated[
    Annotated[ExpertSettings, Tag(MADE)] | Annotated[ImportSettings, Tag(IMPORTED)],
    Discriminator(
        _kind_by("network", ExpertSettings),
        custom_error_type="neither",
        custom_error_message="has neither network nor import; give it one",
    ),
]
"""An expert: a network, or a file of features."""

TextEntry = Annotated[
    Annotated[TextSettings, Tag(MADE)] | Annotated[ImportedTokens, Tag(IMPORTED)],
    Discriminator(
        _kind_by("encoder", TextSettings),
        custom_error_type="neither",
        custom_error_message="has neither encoder nor import; give it one",
    ),
]
"""A text encoder, or a file of token vectors."""

TeacherEntry = Annotated[
    Annotated[ModelSettings, Tag(MADE)] | Annotated[ImportSettings, Tag(IMPORTED)],
    Discriminator(_teacher_kind),
]
"""A teacher: a model that is trained, or a file of similarities."""
