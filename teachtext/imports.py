"""Entries of config.yaml that the pipeline makes, or that name a file made elsewhere."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag, model_validator

from teachtext.rows import ModelSettings
from teachtext.settings import ExpertSettings, Settings

MADE, IMPORTED = "made here", "made elsewhere"
"""The two kinds of an entry; pydantic puts them into the places of errors."""


class ImportSettings(Settings):
    """An expert's features, or a teacher's similarities, made elsewhere."""

    file: str = Field(
        alias="import",
        min_length=1,
        description="file made elsewhere: .npz of features, Parquet of similarities",
    )

    @model_validator(mode="before")
    @classmethod
    def _alone(cls, entry: Mapping[str, Any]) -> dict[str, Any]:
        others = [key for key, value in entry.items() if key != "import" and value is not None]
        if others:
            raise ValueError(f"has import and {others[0]}, of which it may have one; remove one")
        return {"import": entry["import"]}


def _expert_kind(entry: object) -> str | None:
    has_network = isinstance(entry, ExpertSettings) or (
        isinstance(entry, Mapping) and entry.get("network") is not None
    )
    return IMPORTED if _is_import(entry) else MADE if has_network else None


def _teacher_kind(entry: object) -> str:
    return IMPORTED if _is_import(entry) else MADE


def _is_import(entry: object) -> bool:
    return isinstance(entry, ImportSettings) or (
        isinstance(entry, Mapping) and entry.get("import") is not None
    )


ExpertEntry = Annotated[
    Annotated[ExpertSettings, Tag(MADE)] | Annotated[ImportSettings, Tag(IMPORTED)],
    Discriminator(
        _expert_kind,
        custom_error_type="neither",
        custom_error_message="has neither network nor import; give it one",
    ),
]
"""An expert: a network, or a file of features."""

TeacherEntry = Annotated[
    Annotated[ModelSettings, Tag(MADE)] | Annotated[ImportSettings, Tag(IMPORTED)],
    Discriminator(_teacher_kind),
]
"""A teacher: a model that is trained, or a file of similarities."""
