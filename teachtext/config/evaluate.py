"""The section `evaluate` of config.yaml."""

from typing import Literal

from pydantic import Field

from teachtext.config.base import Positive, Settings

Normalization = Literal["qb-norm", "dual-softmax"]


class EvaluateSettings(Settings):
    """What is kept of each query beside its rank, and how similarities are normalised."""

    top: Positive = Field(description="best results kept per query")
    normalizations: list[Normalization] = Field(
        description="reported in rows of their own, beside the plain results; may be none"
    )
    inverse_temperature: float = Field(
        gt=0, description="multiplies similarities in the softmaxes of all normalizations"
    )
    bank_captions: Positive = Field(
        description="training captions drawn for the query bank of QB-Norm, or all if fewer"
    )
    bank_top: Positive = Field(description="results of each of them that QB-Norm activates")
    sample: Positive = Field(
        description="test videos drawn, each with one caption, to compare models by"
    )
    seed: int = Field(description="draws the query bank and the sample")
