"""Jobs from token vectors and features to models, and from teachers to students."""

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar

from teachtext.config.models import Section, TeacherSettings
from teachtext.config.pruning import curve_settings, subset_name, subset_pattern
from teachtext.config.training import TrainingSettings
from teachtext.config.zero_shot import SEED
from teachtext.jobs.context import Context
from teachtext.jobs.job import Inputs, Job, Option
from teachtext.jobs.text import TOKENS, OfCaptions
from teachtext.jobs.videos import (
    FEATURES,
    LEDGER,
    SHARD_LEDGER,
    feature_folders,
    of_shards,
    shard_counts,
)
from teachtext.pruning.elimination import without_each
from teachtext.tables.shards import CAPTIONED, Portion

MODEL = "results/models/{model}/{seed}"
SIMILARITIES = "results/similarities/{model}/{seed}.parquet"
KEPT_CAPTIONS = "results/denoise/{captions}/{seed}.parquet"
REVIEW = "results/denoise/{captions}/review.parquet"
DECISION = "results/pruned/{search}/{level}.json"
EVALUATION, RANKS = (
    "results/evaluate/{model}/{seed}.json",
    "results/evaluate/{model}/{seed}.parquet",
)


class OfModel(Job):
    """A job that shows a model captions and videos of some portions.

    Attributes:
        portions: Portions that it is shown.
    """

    portions: ClassVar[tuple[Portion, ...]] = ("trainval",)

    def inputs(self) -> Inputs:
        text_encoder = self.config.text_encoder_of(self.model)
        captioned = [portion for portion in self.portions if portion in CAPTIONED]
        shards = self.context.shards_of(*self.portions)
        return {
            "tokens": [TOKENS.format(portion=p, text_encoder=text_encoder) for p in captioned],
            "features": of_shards(FEATURES, self.config.experts_of(self.model), shards),
        }

    def input_options(self, inputs: Inputs) -> Mapping[str, Option]:
        return {
            "--tokens": inputs["tokens"],
            "--features": feature_folders(inputs["features"]),
            "--shards": shard_counts(self.context, *self.portions),
        }


class UsesModel(OfModel):
    """A job that reads a model, and asks it about captions and videos."""

    def inputs(self) -> Inputs:
        model = MODEL.format(model=self.model, seed=self.seed)
        return {"model": [model], **super().inputs()}

    def input_options(self, inputs: Inputs) -> Mapping[str, Option]:
        return {"--model": inputs["model"], **super().input_options(inputs)}

    def threads(self) -> int:
        trained = self._training()
        return (trained or self.config.training).threads

    def gpus(self) -> int:
        """One is enough to use a model, and none for what only compares vectors."""
        trained = self._training()
        return min(1, trained.gpus) if trained else 0

    def _training(self) -> TrainingSettings | None:
        is_trained = self.model not in self.config.untrained()
        return self.config.training_of(self.model) if is_trained else None


class MakesModel(OfModel):
    """A job that writes a model of some sections of the configuration."""

    patterns = (MODEL,)
    uncounted = frozenset({"--max-failed-fraction"})

    def inputs(self) -> Inputs:
        shards = self.context.shards_of(*self.portions)
        ledgers = of_shards(SHARD_LEDGER, self.config.experts_of(self.model), shards)
        return {**super().inputs(), "ledgers": ledgers}

    def options(self) -> Mapping[str, Option]:
        fraction = self.config.video.max_failed_fraction
        return {"--model": self.model, "--max-failed-fraction": fraction}


class TrainsModel(MakesModel):
    """Training; the rules differ in which models are theirs alone."""

    uncounted = frozenset({"--max-failed-fraction", "--training"})

    def inputs(self) -> Inputs:
        row = self.config.settings_of(self.model)
        captions = [] if row.captions is None else [row.captions]
        return {
            **super().inputs(),
            "teachers": similarities_of(self.context, row.teachers, self.seed),
            "captions": [KEPT_CAPTIONS.format(captions=c, seed=self.seed) for c in captions],
        }

    def options(self) -> Mapping[str, Option]:
        return {
            **super().options(),
            "--seed": self.seed,
            "--architecture": self.config.architecture_of(self.model).model_dump_json(),
            "--training": self.config.training_of(self.model).model_dump_json(),
            "--work": f"results/models/work/{self.model}/{self.seed}",
            "--events": f"logs/tensorboard/{self.model}/{self.seed}",
        }

    def input_options(self, inputs: Inputs) -> Mapping[str, Option]:
        captions = inputs["captions"] or None
        return {
            **super().input_options(inputs),
            **{"--teachers": inputs["teachers"], "--captions": captions},
        }

    def facts(self) -> Sequence[object]:
        """The order of teachers decides who has which weight; event files decide nothing."""
        teachers = [
            teacher.model_dump() for teacher in self.config.settings_of(self.model).teachers
        ]
        return [self.config.training_of(self.model).content(), teachers]

    def threads(self) -> int:
        return self.config.training_of(self.model).threads

    def gpus(self) -> int:
        return self.config.training_of(self.model).gpus


class TrainTeacher(TrainsModel):
    """A teacher."""

    stage, rule = "teachers", "train_teacher"

    @staticmethod
    def values(context: Context) -> Mapping[str, Iterable[str]]:
        return {"model": _trained_in("teachers", context)}


class ImportSimilarities(OfCaptions):
    """The similarities of a teacher that was trained elsewhere."""

    stage, rule, patterns = "teachers", "import_similarities", (SIMILARITIES,)

    @staticmethod
    def values(context: Context) -> Mapping[str, Iterable[str]]:
        return {"model": context.config.imported_teachers()}

    def inputs(self) -> Inputs:
        return {"similarities": [self._file], **super().inputs()}

    def facts(self) -> Sequence[object]:
        return [*super().facts(), self.context.content(self._file)]

    @property
    def _file(self) -> str:
        return self.config.imported_teachers()[self.model]


class ComputeSimilarities(UsesModel):
    """What a teacher says of each training caption and training video."""

    stage, rule, patterns = "teachers", "compute_similarities", (SIMILARITIES,)


class DenoiseCaptions(OfCaptions):
    """Captions that the teachers rank well."""

    stage, rule, patterns = "denoise", "denoise_captions", (KEPT_CAPTIONS,)

    def inputs(self) -> Inputs:
        teachers = self.config.denoise[self.captions].teachers
        similarities = similarities_of(self.context, teachers, self.seed)
        return {"similarities": similarities, **super().inputs()}

    def options(self) -> Mapping[str, Option]:
        settings = self.config.denoise[self.captions].model_dump_json()
        return {**super().options(), "--settings": settings}


class ReviewCaptions(Job):
    """Captions that a person should look at."""

    stage, rule, patterns = "denoise", "review_captions", (REVIEW,)

    def inputs(self) -> Inputs:
        seeds = self.config.seeds
        return {"verdicts": [KEPT_CAPTIONS.format(captions=self.captions, seed=s) for s in seeds]}

    def options(self) -> Mapping[str, Option]:
        return {"--worst": self.config.report.worst_captions}


class TrainStudent(TrainsModel):
    """A student."""

    stage, rule = "students", "train_student"

    @staticmethod
    def values(context: Context) -> Mapping[str, Iterable[str]]:
        return {"model": _trained_in("students", context)}


class TrainPruned(TrainsModel):
    """A student of fewer experts, also those that a pruning tries."""

    stage, rule = "pruned", "train_pruned"

    @staticmethod
    def values(context: Context) -> Mapping[str, Iterable[str]]:
        return {"model": [*_trained_in("pruned", context), *patterns_of_prunings(context)]}


class PruneExpert(Job):
    """The expert that a level of a pruning drops."""

    stage, rule, patterns = "pruned", "prune_expert", (DECISION,)

    def inputs(self) -> Inputs:
        left = self.context.experts_after(self.search, int(self.level) - 1) or []
        models = [subset_name(self.search, kept) for kept in without_each(left)]
        # what experts cost is read where the models learn, so that new videos reopen no decision
        ledgers = of_shards(SHARD_LEDGER, left, self.context.shards_of("trainval"))
        return {"models": _of_seeds(self.context, models, MODEL), "ledgers": ledgers}

    def input_options(self, inputs: Inputs) -> Mapping[str, Option]:
        folders = feature_folders(inputs["ledgers"])
        return {"--features": folders, "--shards": shard_counts(self.context, "trainval")}


class ComputePareto(Job):
    """What is won and lost by each level of a pruning, with teachers and without."""

    stage, rule, patterns = "pruned", "compute_pareto", ("results/pruned/{search}/pareto.parquet",)

    def inputs(self) -> Inputs:
        levels = self.context.levels(self.search)
        known = [self.context.experts_after(self.search, level) for level in levels]
        search = {self.search: self.config.prunings()[self.search]}
        models = [
            subset_name(curve, left) for curve in curve_settings(search) for left in known if left
        ]
        return {
            "evaluations": _of_seeds(self.context, models, EVALUATION),
            "ranks": _of_seeds(self.context, models, RANKS),
            # else nothing would ask for the models that lost, and none would be compared again
            "decisions": [DECISION.format(search=self.search, level=level) for level in levels[1:]],
            "ledger": [LEDGER],
        }


class BuildZeroShot(MakesModel):
    """Cosines in the space of one checkpoint, written as a model."""

    stage, rule = "zero_shot", "build_zero_shot"

    @staticmethod
    def values(context: Context) -> Mapping[str, Iterable[str]]:
        return {"model": context.config.zero_shot, "seed": [str(SEED)]}


class ImportCheckpoint(MakesModel):
    """A model that others trained."""

    stage, rule = "released", "import_checkpoint"

    @staticmethod
    def values(context: Context) -> Mapping[str, Iterable[str]]:
        return {"model": context.config.released, "seed": [str(SEED)]}

    def inputs(self) -> Inputs:
        return {"checkpoint": [self._checkpoint], **super().inputs()}

    def options(self) -> Mapping[str, Option]:
        return {**super().options(), "--architecture": self.config.models.model_dump_json()}

    def facts(self) -> Sequence[object]:
        return [self.context.content(self._checkpoint)]

    @property
    def _checkpoint(self) -> str:
        return self.config.released[self.model].checkpoint


def similarities_of(context: Context, teachers: Iterable[TeacherSettings], seed: str) -> list[str]:
    """Of all seeds of all teachers; seeds that only teach are trained for it."""
    return [
        SIMILARITIES.format(model=teacher.model, seed=its)
        for teacher in teachers
        for its in context.config.seeds_of(teacher, seed)
    ]


def patterns_of_prunings(context: Context) -> list[str]:
    """Patterns of the models that the prunings train: which ones, the levels before decide."""
    experts = context.config.used_experts()
    return [subset_pattern(curve, experts) for curve in curve_settings(context.config.prunings())]


def _trained_in(section: Section, context: Context) -> list[str]:
    config = context.config
    return [model for model in config.trained() if config.section(model) == section]


def _of_seeds(context: Context, models: Iterable[str], pattern: str) -> list[str]:
    seeds = context.config.seeds
    return [pattern.format(model=model, seed=seed) for model in models for seed in seeds]
