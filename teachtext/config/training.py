"""The section `training` of config.yaml."""

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from teachtext.config.base import Positive, Settings


def _some_weight(how: str | list[float]) -> str | list[float]:
    if isinstance(how, list) and (min(how, default=0) < 0 or sum(how) <= 0):
        raise ValueError("needs weights of 0 or more, not all 0")
    return how


Aggregation = Annotated[
    Literal["mean", "min", "max", "median"] | list[float], AfterValidator(_some_weight)
]
"""How one matrix is made of those of all teachers: teachtext.training.losses.aggregate."""


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
