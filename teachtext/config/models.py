"""The section `models` of config.yaml, and entries of models and of sets of captions."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    Tag,
    model_validator,
)

from teachtext.config.base import Positive, Settings
from teachtext.config.training import Aggregation

Architecture = Literal["MixtureOfEmbeddingExperts", "CollaborativeExperts", "MultiModalTransformer"]


class TransformerSettings(Settings):
    """The video transformer of MMT."""

    layers: Positive = Field(description="of the encoder")
    heads: Positive = Field(description="of attention; they divide `shared_dim`")
    feed_forward_dim: Positive = Field(description="width between the two maps of a layer")
    positions: Positive = Field(description="seconds told apart; later rows share the last one")
    dropout: float = Field(ge=0, lt=1, description="also before the mixture weights")


BY_EXPERT = ("video_clusters", "max_rows")
"""Keys of `models` whose keys are names of experts."""


def _sorted(entries: dict[str, int]) -> dict[str, int]:
    return dict(sorted(entries.items()))


# whichever file names an expert first, it is the same model
ByExpert = Annotated[dict[str, Positive], AfterValidator(_sorted)]
"""A number for each of some experts."""


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
    video_clusters: ByExpert = Field(
        description="expert -> NetVLAD clusters of its rows; the rows of other experts are averaged"
    )
    max_rows: ByExpert = Field(
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


Section = Literal["teachers", "students", "pruned", "zero_shot", "released"]
SECTIONS: tuple[Section, ...] = get_args(Section)
"""The sections whose entries are models."""
MODEL_ENTRY, PRUNING_ENTRY = "a model", "a pruning"
"""The two kinds of an entry of `pruned`; pydantic puts them into the places of errors."""


def _different(seeds: list[int]) -> list[int]:
    for seed in seeds:
        if seeds.count(seed) > 1:
            raise ValueError(f"seed {seed} is there twice; remove one")
    return seeds


Seeds = Annotated[list[int], Field(min_length=1), AfterValidator(_different)]
"""Seeds of runs, each once."""


class TeacherSettings(Settings):
    """One teacher of a model or of a set of captions; a name alone is one seed."""

    model: str = Field(description="name of any model")
    seeds: Seeds | None = Field(
        description="whose mean is its opinion; null: the seed that is being trained"
    )


def _of_one_seed(teacher: object) -> object:
    return {"model": teacher, "seeds": None} if isinstance(teacher, str) else teacher


TeacherOrName = Annotated[
    TeacherSettings, BeforeValidator(_of_one_seed, json_schema_input_type=str | TeacherSettings)
]
"""A teacher as it may be written: its name, or also its seeds."""


class ModelSettings(Settings):
    """A model of `teachers`, `students` or `pruned`."""

    text_encoder: str = Field(description="name in `text`")
    experts: list[str] | None = Field(None, min_length=1, description="names; default: all")
    teachers: list[TeacherOrName] = Field(
        [], description="models whose similarities it learns from"
    )
    captions: str | None = Field(None, description="name in `denoise`; default: all captions")
    model: dict[str, Any] = Field({}, description="overrides of `models` for this model")
    training: dict[str, Any] = Field({}, description="overrides of `training` for this model")


class PruningSettings(ModelSettings):
    """An entry of `pruned` that finds out which experts a model can do without."""

    keep: Positive = Field(description="number of experts that are left at the end")
    strategy: Literal["backward"] = Field(
        description="backward: begin with all experts, drop at each level the one that val misses "
        "least"
    )


def _pruned_kind(entry: object) -> str:
    walks = isinstance(entry, PruningSettings) or (
        isinstance(entry, Mapping) and bool({"strategy", "keep"} & set(entry))
    )
    return PRUNING_ENTRY if walks else MODEL_ENTRY


PrunedEntry = Annotated[
    Annotated[ModelSettings, Tag(MODEL_ENTRY)] | Annotated[PruningSettings, Tag(PRUNING_ENTRY)],
    Discriminator(_pruned_kind),
]
"""A pruned student, or a pruning that finds the experts of some."""


class ZeroShotSettings(Settings):
    """A model of `zero_shot`: captions and experts of one joint space; nothing is trained."""

    text_encoder: str = Field(description="name in `text`, of encoder `joint`")
    experts: list[str] = Field(min_length=1, description="names, of the same space")


class ReleasedSettings(Settings):
    """A model of `released`, which others trained."""

    checkpoint: str = Field(min_length=1, description="the authors' trained_model.pth")
    text_encoder: str = Field(description="name in `text`: the one that it was trained with")
    experts: list[str] | None = Field(None, min_length=1, description="names; default: all")


class DenoiseSettings(Settings):
    """A set of captions: those that the teachers rank well."""

    teachers: list[TeacherOrName] = Field(min_length=1, description="models that rank the captions")
    aggregation: Aggregation = Field(
        "mean", description="of the teachers' similarities, as `teacher_aggregation` of students"
    )
    keep_rank_below: float | None = Field(
        None, gt=0, description="captions ranked here or worse are dropped; or keep_fraction"
    )
    keep_fraction: float | None = Field(
        None, gt=0, le=1, description="of all captions, the best; or keep_rank_below"
    )
    keep_per_video: int = Field(
        1, ge=0, description="captions that every video keeps, its best; 0: it may lose all"
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.keep_rank_below is None) == (self.keep_fraction is None):
            raise ValueError("give either keep_rank_below or keep_fraction; set the other to null")
        if isinstance(self.aggregation, list) and len(self.aggregation) != len(self.teachers):
            raise ValueError(
                f"aggregation has {len(self.aggregation)} weights for {len(self.teachers)} "
                "teachers; give each teacher one"
            )
        return self
