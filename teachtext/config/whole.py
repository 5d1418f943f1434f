"""The configuration as a whole, and what follows from it.

Imported by the Snakefile too, so it needs nothing but pydantic, which Snakemake brings along.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import Field

from teachtext.config.base import Name, Settings
from teachtext.config.dataset import DatasetSettings
from teachtext.config.demo import DemoSettings
from teachtext.config.evaluate import EvaluateSettings
from teachtext.config.experts import ExpertRequest, ExpertSettings
from teachtext.config.imported import (
    ExpertEntry,
    ImportedTokens,
    ImportSettings,
    TeacherEntry,
    TextEntry,
)
from teachtext.config.models import (
    SECTIONS,
    ArchitectureSettings,
    DenoiseSettings,
    ModelSettings,
    PrunedEntry,
    PruningSettings,
    ReleasedSettings,
    Section,
    Seeds,
    TeacherSettings,
    ZeroShotSettings,
)
from teachtext.config.pruning import SEPARATOR, curve_settings
from teachtext.config.report import ReportSettings
from teachtext.config.search import SearchSettings
from teachtext.config.text import TextSettings
from teachtext.config.training import TrainingSettings
from teachtext.config.video import VideoSettings
from teachtext.config.zero_shot import SEED
from teachtext.tables.checks import ValUser

S = TypeVar("S", bound=Settings)


class Config(Settings):
    """The whole of config.yaml."""

    dataset: DatasetSettings
    seeds: Seeds = Field(description="every model is trained once per seed")
    demo: DemoSettings
    video: VideoSettings
    experts: dict[Name, ExpertEntry] = Field(min_length=1)
    text: dict[Name, TextEntry] = Field(min_length=1)
    models: ArchitectureSettings
    training: TrainingSettings
    teachers: dict[Name, TeacherEntry]
    denoise: dict[Name, DenoiseSettings]
    students: dict[Name, ModelSettings]
    pruned: dict[Name, PrunedEntry]
    zero_shot: dict[Name, ZeroShotSettings]
    released: dict[Name, ReleasedSettings]
    evaluate: EvaluateSettings
    search: SearchSettings
    report: ReportSettings

    def trained(self) -> dict[str, ModelSettings]:
        """Models that are written down and trained, in the order of the sections."""
        teachers = {
            k: entry for k, entry in self.teachers.items() if isinstance(entry, ModelSettings)
        }
        prunings = self.prunings()
        pruned = {k: entry for k, entry in self.pruned.items() if k not in prunings}
        return {**teachers, **self.students, **pruned}

    def prunings(self) -> dict[str, PruningSettings]:
        """Entries of `pruned` that train a model for each set of experts they try."""
        return {k: entry for k, entry in self.pruned.items() if isinstance(entry, PruningSettings)}

    def evaluated(self) -> dict[str, list[int]]:
        """All models that are written down, trained or not -> the seeds of their results."""
        trained = dict.fromkeys(self.trained(), self.seeds)
        return {**trained, **{model: [SEED] for model in self.untrained()}}

    def indexed(self) -> list[str]:
        """The models that have an index to search in, each with its first seed."""
        models = self.search.models
        if models is None:
            models = [m for m in self.students if self.text_encoder_of(m) in self.encoders()]
        return [f"{model}/{self.evaluated()[model][0]}" for model in models]

    def untrained(self) -> dict[str, ZeroShotSettings | ReleasedSettings]:
        """Models that are not trained here; of each there is one result, whatever the seeds."""
        return {**self.zero_shot, **self.released}

    def entries(self) -> dict[str, ModelSettings]:
        """All that models are trained from: those that are written down, and prunings."""
        return {**self.trained(), **self.prunings()}

    def settings_of(self, model: str) -> ModelSettings:
        """Settings of a model, also of one that a pruning trains (``pruning.subset_name``)."""
        name, *experts = model.split(SEPARATOR)
        settings = {**self.entries(), **curve_settings(self.prunings())}[name]
        return settings.model_copy(update={"experts": experts}) if experts else settings

    def encoders(self) -> dict[str, TextSettings]:
        """Text encoders that embed captions here."""
        return {k: entry for k, entry in self.text.items() if isinstance(entry, TextSettings)}

    def imported_tokens(self) -> dict[str, ImportedTokens]:
        """Text encoders whose token vectors were made elsewhere."""
        return {k: entry for k, entry in self.text.items() if isinstance(entry, ImportedTokens)}

    def imported_teachers(self) -> dict[str, str]:
        """Teachers whose similarities were made elsewhere -> their files."""
        return _imported_files(self.teachers)

    def section(self, model: str) -> Section:
        """The section that a model is in."""
        return next((name for name in SECTIONS if model in getattr(self, name)), "pruned")

    def text_encoder_of(self, model: str) -> str:
        """The text encoder of a model, trained or not."""
        return (self.untrained().get(model) or self.settings_of(model)).text_encoder

    def experts_of(self, model: str) -> list[str]:
        """The experts a model looks through, in alphabetical order (the paper's order)."""
        return sorted(
            (self.untrained().get(model) or self.settings_of(model)).experts or self.experts
        )

    def seeds_of(self, teacher: TeacherSettings, seed: int | str) -> Sequence[int | str]:
        """The seeds whose similarities a teacher gives to a model of some seed."""
        return [SEED] if teacher.model in self.untrained() else teacher.seeds or [seed]

    def ranked_by(self, model: str) -> list[str]:
        """Models whose similarities must exist before this one trains."""
        settings = self.settings_of(model)
        of_captions = self.denoise[settings.captions].teachers if settings.captions else []
        return [teacher.model for teacher in settings.teachers + of_captions]

    def architecture_of(self, model: str) -> ArchitectureSettings:
        """`models` with the model's overrides."""
        return _overridden(self.models, self.settings_of(model).model)

    def training_of(self, model: str) -> TrainingSettings:
        """`training` with the model's overrides."""
        return _overridden(self.training, self.settings_of(model).training)

    def first_val_user(self) -> ValUser | None:
        """The first entry that chooses by val; None: the captions may have no val."""
        for name, settings in self.trained().items():
            if self.training_of(name).keep_epoch == "best":
                entry = f"{self.section(name)}.{name}"
                own = f"{entry}." if "keep_epoch" in settings.training else ""
                return ValUser(entry, f"{own}training.keep_epoch: last")
        for name in self.prunings():
            return ValUser(f"pruned.{name}", f"pruned.{name}: null")
        return None

    def used_experts(self) -> list[str]:
        """Experts that at least one model looks through; without captions there is none."""
        if self.dataset.captions is None:
            return sorted(self.experts)
        names = [*self.entries(), *self.untrained()]
        return sorted({expert for name in names for expert in self.experts_of(name)})

    def extracted_experts(self) -> dict[str, ExpertSettings]:
        """Used experts whose networks look at the videos."""
        used = {name: self.experts[name] for name in self.used_experts()}
        return {name: entry for name, entry in used.items() if isinstance(entry, ExpertSettings)}

    def imported_experts(self) -> dict[str, str]:
        """Used experts whose features were made elsewhere -> their files."""
        return _imported_files({name: self.experts[name] for name in self.used_experts()})

    def request(self, expert: str) -> ExpertRequest:
        """What a job is asked to extract for an expert; not for imported ones."""
        settings = self.extracted_experts()[expert]
        encoder = settings.text_encoder
        return ExpertRequest(
            name=expert,
            settings=settings,
            text_encoder=None if encoder is None else self.encoders()[encoder],
            short_side=self.video.short_side if settings.signal == "frames" else None,
        )


def _imported_files(entries: Mapping[str, object]) -> dict[str, str]:
    return {k: entry.file for k, entry in entries.items() if isinstance(entry, ImportSettings)}


def _overridden(settings: S, changes: Mapping[str, Any]) -> S:
    return type(settings).model_validate(settings.model_dump() | dict(changes))


def json_schema() -> str:
    """JSON schema of config.yaml, for editors; kept in workflow/schemas."""
    return json.dumps(Config.model_json_schema(), indent=2)
