"""The sections of config.yaml, each a pydantic model with a description of every key."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from teachtext.config.catalog import EXPERTS, TEXT_ENCODERS, Signal

Architecture = Literal["MixtureOfEmbeddingExperts", "CollaborativeExperts", "MultiModalTransformer"]
Precision = Literal["float32", "bfloat16", "float16"]
Normalization = Literal["qb-norm", "dual-softmax"]
NAME = r"^[A-Za-z0-9][A-Za-z0-9_.-]*$"
"""What may be a part of a path."""
Name = Annotated[str, Field(pattern=NAME)]
Positive = Annotated[int, Field(gt=0)]
Seconds = Annotated[float, Field(gt=0)]


def without_nulls(entries: Any) -> Any:  # noqa: ANN401 - as read from YAML
    """Entries that are not null, so that a second file laid over the first can remove some."""
    if not isinstance(entries, Mapping):
        return entries
    return {name: entry for name, entry in entries.items() if entry is not None}


def _some_weight(how: str | list[float]) -> str | list[float]:
    if isinstance(how, list) and (min(how, default=0) < 0 or sum(how) <= 0):
        raise ValueError("needs weights of 0 or more, not all 0")
    return how


Aggregation = Annotated[
    Literal["mean", "min", "max", "median"] | list[float], AfterValidator(_some_weight)
]
"""How one matrix is made of those of all teachers: teachtext.training.losses.aggregate."""


class Settings(BaseModel):
    """Base of all sections: unknown keys are errors, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DatasetSettings(Settings):
    """Which videos and captions."""

    name: Name = Field(description="`demo` is rendered by the project; any other name is yours")
    videos: str | None = Field(
        description="table of videos: video_id, path[, start_seconds, end_seconds]; null: there "
        "are none, all features are imported"
    )
    captions: str = Field(description="table of captions: video_id, caption, split[, caption_id]")
    shards: Positive = Field(description="parts that are decoded and extracted independently")
    paragraphs: bool = Field(
        description="all captions of a video, one after another, are one query"
    )


class DemoSettings(Settings):
    """The corpus that the project renders itself."""

    train: Positive = Field(description="clips in the train split")
    val: Positive = Field(description="clips in the val split")
    test: Positive = Field(description="clips in the test split")
    captions_per_clip: Positive = Field(description="captions written for each clip")
    seed: int = Field(description="seed of everything that is drawn")


class VideoSettings(Settings):
    """Decoding."""

    short_side: Positive = Field(description="decoded frames are scaled down to it, in pixels")
    timeout_seconds: Seconds = Field(description="a video that takes longer to decode has failed")
    memory_gb: Seconds = Field(description="address space of the process that decodes one video")
    max_failed_fraction: float = Field(
        ge=0, le=1, description="more failed videos than this stop the run"
    )


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


class TransformerSettings(Settings):
    """The video transformer of MMT."""

    layers: Positive = Field(description="of the encoder")
    heads: Positive = Field(description="of attention; they divide `shared_dim`")
    feed_forward_dim: Positive = Field(description="width between the two maps of a layer")
    positions: Positive = Field(description="seconds told apart; later rows share the last one")
    dropout: float = Field(ge=0, lt=1, description="also before the mixture weights")


BY_EXPERT = ("video_clusters", "max_rows")
"""Keys of `models` whose keys are names of experts."""


class ArchitectureSettings(Settings):
    """The retrieval model."""

    architecture: Architecture = Field(description="MoEE, CE or MMT (teachtext.models)")
    shared_dim: Positive | None = Field(
        description="width of the joint spaces; null: as wide as the features, which MoEE alone can"
    )
    text_pooling: Literal["netvlad", "mean", "first"] = Field(
        description="of a caption's tokens; `first` is the [CLS] of BERT and its kin"
    )
    text_clusters: Positive = Field(description="NetVLAD clusters of the caption's tokens")
    text_ghost_clusters: int = Field(ge=0, description="NetVLAD clusters that only absorb")
    video_clusters: dict[str, Positive] = Field(
        description="expert -> NetVLAD clusters of its rows; the rows of other experts are averaged"
    )
    max_rows: dict[str, Positive] = Field(
        description="expert -> rows kept, from the start of the video; other experts keep all"
    )
    mixture_weights: Literal["learned", "uniform"] = Field(
        description="of the experts: from the caption, or all the same"
    )
    transformer: TransformerSettings = Field(description="MMT only")
    legacy: bool = Field(
        description="repeat what the authors' code does and the paper does not say: gate experts "
        "one after another, let padding into NetVLAD and missing experts into batch statistics"
    )

    def averages(self, expert: str) -> bool:
        """Whether the model sees the mean of an expert's rows, not the rows."""
        return self.architecture != "MultiModalTransformer" and expert not in self.video_clusters

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.shared_dim is None and self.architecture != "MixtureOfEmbeddingExperts":
            raise ValueError(f"{self.architecture} needs a shared_dim")
        if self.architecture == "MultiModalTransformer":
            if self.legacy:
                raise ValueError("MultiModalTransformer has no legacy behaviour; set legacy: false")
            if self.shared_dim % self.transformer.heads:  # type: ignore[operator]
                raise ValueError(
                    f"transformer.heads {self.transformer.heads} must divide "
                    f"shared_dim {self.shared_dim}"
                )
        missing = sorted(set(self.video_clusters) - set(self.max_rows))
        if self.legacy and missing:
            raise ValueError(f"legacy pads to max_rows, which has no {missing[0]!r}")
        return self


class TrainingSettings(Settings):
    """How every model is trained."""

    epochs: Positive = Field(description="passes over the training videos")
    batch_size: Annotated[int, Field(ge=2)] = Field(description="videos per step, on all GPUs")
    optimizer: Literal["radam", "ranger", "adamw"] = Field(
        description="teachtext.training.optimizers"
    )
    learning_rate: float = Field(gt=0, description="in the first epoch, after the warm-up")
    schedule: Literal["exponential", "cosine"] = Field(
        description="exponential: times learning_rate_decay after each epoch; cosine: to zero"
    )
    learning_rate_decay: float = Field(gt=0, le=1, description="of the exponential schedule")
    warmup_steps: int = Field(ge=0, description="steps in which the learning rate grows from zero")
    weight_decay: float = Field(ge=0, description="decoupled")
    ranking_loss: Literal["max-margin", "info-nce"] = Field(description="teachtext.training.losses")
    margin: float = Field(gt=0, description="of max-margin")
    temperature: float = Field(gt=0, description="of info-nce, at first; it is learned")
    distillation_loss: Literal["huber", "l1", "l2", "kl"] = Field(
        description="distance to the teachers (teachtext.training.losses)"
    )
    distillation_weight: float = Field(ge=0, description="of the distance to the teachers")
    distillation_beta: float = Field(
        gt=0, description="of huber: differences beyond it count linearly, smaller ones squared"
    )
    distillation_temperature: float = Field(
        gt=0, description="of kl: divides the similarities of student and teachers"
    )
    teacher_aggregation: Aggregation = Field(
        description="of the teachers' similarities; a list gives each teacher its weight"
    )
    val_captions: Literal["all", "first"] = Field(
        description="of each val video, to choose the best epoch"
    )
    keep_epoch: Literal["best", "last"] = Field(
        description="whose weights are the model's: best on val, or last, which needs no val split"
    )
    threads: Positive = Field(description="on the CPU; another number changes the last bits")
    gpus: int = Field(ge=0, description="0: on the CPU; more than one share each batch")
    precision: Literal["float32", "bfloat16"] = Field(description="of the networks, on GPUs")
    compile: bool = Field(description="by torch.compile, on GPUs; the first epoch takes longer")
    tensorboard: bool = Field(description="write event files to logs/tensorboard")

    def content(self) -> dict[str, Any]:
        """The keys that decide what a model becomes, each to the last bit."""
        return self.model_dump(exclude={"tensorboard"})

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if not self.gpus and (self.precision != "float32" or self.compile):
            raise ValueError("precision and compile are for GPUs; set gpus, or float32 and false")
        return self


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
