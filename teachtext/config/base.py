"""What all sections of config.yaml are made of."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

NAME = r"^[A-Za-z0-9][A-Za-z0-9_.-]*$"
"""What may be a part of a path."""
Name = Annotated[str, Field(pattern=NAME)]
Positive = Annotated[int, Field(gt=0)]
Seconds = Annotated[float, Field(gt=0)]
Precision = Literal["float32", "bfloat16", "float16"]


def without_nulls(entries: Any) -> Any:  # noqa: ANN401 - as read from YAML
    """Entries that are not null, so that a second file laid over the first can remove some."""
    if not isinstance(entries, Mapping):
        return entries
    return {name: entry for name, entry in entries.items() if entry is not None}


class Settings(BaseModel):
    """Base of all sections: unknown keys are errors, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True)
