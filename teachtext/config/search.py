"""The section `search` of config.yaml."""

from pydantic import Field

from teachtext.config.base import Name, Positive, Settings


class SearchSettings(Settings):
    """Which models are searched with, and how exactly."""

    models: list[Name] | None = Field(
        description="an index is built for each, with its first seed; null: all students "
        "whose text encoder can read words here"
    )
    exact_below: Positive = Field(
        description="a gallery of fewer videos is compared as a whole; of a larger one, the large "
        "parts have inverted files"
    )
    recall: float = Field(
        gt=0, le=1, description="share of the ten best that an inverted file shall find"
    )
    recall_queries: Positive = Field(description="captions drawn that it is measured on")
    seed: int = Field(description="draws these captions, and the videos that groups are found by")
