"""The section `report` of config.yaml. Imported by the Snakefile too: pydantic alone."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from teachtext.config.base import Name, Positive, Settings, without_nulls


class BootstrapSettings(Settings):
    """How sure a difference of two models is: teachtext.evaluation.significance."""

    samples: Positive = Field(description="draws of as many test videos as there are")
    seed: int = Field(description="draws them")


PublishedNames = Annotated[
    dict[Name, str], BeforeValidator(without_nulls, json_schema_input_type=dict[Name, str | None])
]
"""Model -> the name of a published row; one that is null is left out."""


class PublishedSettings(Settings):
    """Which models stand beside which published rows: teachtext/config/published.json."""

    benchmark: str = Field(description="whose published rows they are")
    rows: PublishedNames = Field(
        description="model -> name of a published row; null leaves a model out, and may leave none"
    )


class ReportSettings(Settings):
    """The page."""

    title: str = Field(description="its heading")
    queries: Positive = Field(description="test queries shown with what was found")
    results_per_query: Positive = Field(description="results shown for each")
    seed: int = Field(description="draws the queries that are shown")
    heat_map: Positive = Field(
        description="captions, and their videos, that a heat map of similarities shows"
    )
    worst_captions: Positive = Field(
        description="of each denoised set, shown for a person to review"
    )
    bootstrap: BootstrapSettings
    published: PublishedSettings | None = Field(
        description="published rows beside ours; null: the page has no such section"
    )
