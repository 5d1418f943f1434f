"""Entries of `experts` in config.yaml, and what a job is asked to extract for one."""

from typing import Any, Self

from pydantic import Field, model_validator

from teachtext.config.base import Precision, Seconds, Settings
from teachtext.config.catalog import EXPERTS, Signal
from teachtext.config.text import TextEncoderSettings


class ExpertSettings(Settings):
    """One expert: a frozen network that looks at, or listens to, every video."""

    network: str = Field(
        description="name of the network", json_schema_extra={"enum": list(EXPERTS)}
    )
    fps: Seconds | None = Field(None, description="frames per second it sees; frame networks only")
    text_encoder: str | None = Field(
        None, description="name in `text` that embeds what it reads or hears; text readers only"
    )
    checkpoint: str | None = Field(
        None, description="hub id or local folder; networks `transformers-…` only"
    )
    detector: str | None = Field(
        None, description="hub id or local folder of the face detector; `transformers-face` only"
    )
    precision: Precision | None = Field(
        None, description="of the network's numbers, default float32; `transformers-…` only"
    )

    @property
    def signal(self) -> Signal:
        """What the network looks at."""
        return EXPERTS[self.network].signal

    @property
    def gpus(self) -> int:
        """GPUs that a job of it occupies."""
        return int(EXPERTS[self.network].picks_device)

    @model_validator(mode="after")
    def _fits_network(self) -> Self:
        if self.network not in EXPERTS:
            raise ValueError(
                f"unknown network {self.network!r}; choose one of: {', '.join(EXPERTS)}"
            )
        spec = EXPERTS[self.network]
        given = self.model_dump(exclude={"network"}, exclude_none=True)
        for key in spec.needs:
            if key not in given:
                raise ValueError(f"network {self.network} needs {key}")
        for key in given:
            if key not in spec.needs + spec.takes:
                raise ValueError(f"network {self.network} takes no {key}")
        return self


class ExpertRequest(Settings):
    """What a job is asked to extract: everything beside the video that decides the features."""

    name: str = Field(description="of the expert in `experts`")
    settings: ExpertSettings = Field(description="its entry there")
    text_encoder: TextEncoderSettings | None = Field(None, description="entry of its text encoder")
    short_side: int | None = Field(None, description="of the frames that it sees, in pixels")
    weights: str = Field(
        "", description="versions of packages, and digests of local checkpoints, that it is made of"
    )

    @property
    def signal(self) -> Signal:
        """What the expert looks at."""
        return self.settings.signal

    def sampling(self) -> dict[str, Any]:
        """What decides what the network sees, as feature stores keep it."""
        seen: dict[str, Any] = self.settings.model_dump(exclude={"network"}, exclude_none=True)
        if self.text_encoder is not None:
            seen["text_encoder"] = self.text_encoder.model_dump(exclude_none=True)
        return seen if self.short_side is None else seen | {"short_side": self.short_side}

    @property
    def gpus(self) -> int:
        """GPUs that a job of it occupies, its text encoder included."""
        return max(self.settings.gpus, self.text_encoder.gpus if self.text_encoder else 0)
