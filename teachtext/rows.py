"""Entries of config.yaml that refer to each other: models, their teachers, and sets of captions."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, field_validator

from teachtext.settings import Settings


class TeacherSettings(Settings):
    """One teacher of a row or of a set of captions; a name alone is one seed."""

    model: str = Field(description="name of any model")
    seeds: list[int] | None = Field(
        min_length=1, description="whose mean is its opinion; null: the seed that is being trained"
    )

    @field_validator("seeds")
    @classmethod
    def _differ(cls, seeds: list[int] | None) -> list[int] | None:
        if seeds is not None and len(set(seeds)) < len(seeds):
            raise ValueError("a seed is there twice; remove one")
        return seeds


def _of_one_seed(teacher: object) -> object:
    return {"model": teacher, "seeds": None} if isinstance(teacher, str) else teacher


TeacherOrName = Annotated[
    TeacherSettings, BeforeValidator(_of_one_seed, json_schema_input_type=str | TeacherSettings)
]
"""A teacher as it may be written: its name, or also its seeds."""


class ModelSettings(Settings):
    """A row of `teachers`, `students` or `pruned`."""

    text_encoder: str = Field(description="name in `text`")
    experts: list[str] | None = Field(None, min_length=1, description="names; default: all")
    teachers: list[TeacherOrName] = Field(
        [], description="models whose similarities it learns from"
    )
    captions: str | None = Field(None, description="name in `denoise`; default: all captions")
    model: dict[str, Any] = Field({}, description="overrides of `models` for this row")
    training: dict[str, Any] = Field({}, description="overrides of `training` for this row")


class DenoiseSettings(Settings):
    """A set of captions: those that the teachers rank well."""

    teachers: list[TeacherOrName] = Field(min_length=1, description="models that rank the captions")
    keep_rank_below: float = Field(gt=0, description="captions ranked here or worse are dropped")
