"""Entries of `text` in config.yaml: a text encoder, and how it is tuned on the captions."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from teachtext.config.base import Positive, Precision, Settings
from teachtext.config.catalog import TEXT_ENCODERS


class TextEncoderSettings(Settings):
    """One text encoder: a frozen language model."""

    encoder: str = Field(
        description="name of the encoder", json_schema_extra={"enum": list(TEXT_ENCODERS)}
    )
    max_tokens: Positive = Field(description="longer captions are cut")
    checkpoint: str | None = Field(
        None,
        description="file of `word-vectors`; hub id or local folder of `transformers` and `joint`; "
        "no others",
    )
    precision: Precision | None = Field(
        None, description="of the network's numbers, default float32; `transformers`, `joint` only"
    )

    @property
    def gpus(self) -> int:
        """GPUs that a job of it occupies."""
        return int(TEXT_ENCODERS[self.encoder].picks_device)

    @model_validator(mode="after")
    def _known(self) -> Self:
        if self.encoder not in TEXT_ENCODERS:
            raise ValueError(
                f"unknown encoder {self.encoder!r}; choose one of: {', '.join(TEXT_ENCODERS)}"
            )
        entry = TEXT_ENCODERS[self.encoder]
        for key in ("checkpoint", "precision"):
            if key in entry.needs and getattr(self, key) is None:
                raise ValueError(f"encoder {self.encoder} needs {key}")
            if key not in entry.needs + entry.takes and getattr(self, key) is not None:
                raise ValueError(f"encoder {self.encoder} takes no {key}")
        return self


class FinetuneSettings(Settings):
    """Tuning of a text encoder on the training captions."""

    objective: Literal["language-modelling", "contrastive"] = Field(
        description="language-modelling: the next token of decoders, masked tokens of encoders; "
        "contrastive: two captions of one video are nearer than captions of others"
    )
    epochs: Positive = Field(
        description="passes over the training captions, or their videos if contrastive"
    )
    batch_size: Annotated[int, Field(ge=2)] = Field(
        description="captions a step, on all GPUs; videos if contrastive"
    )
    learning_rate: float = Field(gt=0, description="after the warm-up; falls to zero as a cosine")
    warmup_steps: int = Field(ge=0, description="steps in which the learning rate grows from zero")
    weight_decay: float = Field(ge=0, description="decoupled, of AdamW")
    mask_fraction: float = Field(gt=0, lt=1, description="tokens to guess, where they are masked")
    temperature: float = Field(gt=0, description="of contrastive: divides cosines; not learned")
    seed: int = Field(description="decides order, masks, pairs and dropout")
    threads: Positive = Field(description="on the CPU; another number changes the last bits")
    gpus: int = Field(ge=0, description="0: on the CPU; more than one share each batch")
    precision: Literal["float32", "bfloat16"] = Field(
        description="of activations, on GPUs; weights are float32"
    )
    gradient_checkpointing: bool = Field(
        description="compute activations again instead of keeping them: slower, for networks "
        "that do not fit"
    )
    state_minutes: float = Field(
        gt=0, description="between states to resume from; there is one after each epoch too"
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if not self.gpus and self.precision != "float32":
            raise ValueError("precision bfloat16 is for GPUs; set gpus, or float32")
        return self


class TextSettings(TextEncoderSettings):
    """A text encoder as it comes, or tuned on the training captions first."""

    finetune: FinetuneSettings | None = Field(
        None, description="how it is tuned first; encoder `transformers` only"
    )

    @model_validator(mode="after")
    def _may_be_tuned(self) -> Self:
        if self.finetune is not None and self.encoder != "transformers":
            raise ValueError("finetune is for encoder transformers alone; remove it")
        return self

    def embeds_from(self, tuned: str) -> TextEncoderSettings:
        """The encoder that embeds captions.

        Args:
            tuned: Folder of the tuned weights, used if the encoder is tuned.
        """
        values = self.model_dump(exclude={"finetune"})
        changes = {"checkpoint": tuned} if self.finetune else {}
        return TextEncoderSettings.model_validate(values | changes)
