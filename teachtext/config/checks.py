"""config.yaml read and checked: whether its values are right and its entries fit together."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from teachtext.config.base import without_nulls
from teachtext.config.experts import ExpertSettings
from teachtext.config.imported import IMPORTED, MADE
from teachtext.config.models import (
    BY_EXPERT,
    MODEL_ENTRY,
    PRUNING_ENTRY,
    SECTIONS,
    ArchitectureSettings,
    TeacherSettings,
    ZeroShotSettings,
)
from teachtext.config.pruning import check_pruning
from teachtext.config.published import check_published
from teachtext.config.whole import Config
from teachtext.config.zero_shot import check_spaces, check_teachers
from teachtext.errors import ConfigError

KINDS_OF_ENTRY = (MADE, IMPORTED, MODEL_ENTRY, PRUNING_ENTRY)
"""What pydantic puts into the places of errors, and the user has not written."""
NAMED_ENTRIES = ("experts", "text", "denoise", *SECTIONS)
"""Sections whose keys are names chosen by the user; an entry set to null is left out."""
PIPELINES_OWN = "work"
"""A folder beside those of experts and of models."""


def load_config(values: Mapping[str, Any]) -> Config:
    """Check a configuration as read from YAML.

    Args:
        values: Section -> keys. An entry of ``NAMED_ENTRIES`` that is null is left out, so a second
            file laid over the first can remove what the first has.

    Raises:
        ConfigError: Something is missing, unknown or refers to a name that is not there.
    """
    try:
        config = Config.model_validate(_without_nulls(values))
    except ValidationError as error:
        raise ConfigError(f"config.yaml: {first_problem(error)}") from None
    if config.dataset.captions is None:
        config = config.model_copy(update={section: {} for section in (*SECTIONS, "denoise")})
    _check_overrides(config)
    _check_names(config)
    _check_order(config)
    _check_videos(config)
    if config.report.published is not None:
        check_published(config.report.published, list(config.evaluated()))
    return config


def _without_nulls(values: Mapping[str, Any]) -> dict[str, Any]:
    kept = {
        section: without_nulls(content) if section in NAMED_ENTRIES else content
        for section, content in values.items()
    }
    models = kept.get("models")
    if isinstance(models, Mapping):
        by_expert = {key: without_nulls(models[key]) for key in BY_EXPERT if key in models}
        kept["models"] = {**models, **by_expert}
    return kept


def first_problem(error: ValidationError) -> str:
    """One line for the first of pydantic's findings."""
    problem = error.errors(include_url=False)[0]
    places = [str(part) for part in problem["loc"] if part not in KINDS_OF_ENTRY]
    where = ".".join(places) or str(error.title)
    if problem["type"] == "missing":
        text = f"{where} is missing. Add it."
    elif problem["type"] == "extra_forbidden":
        text = f"{where} is not a known key. Remove it, or check its spelling."
    else:
        message = problem["msg"].removeprefix("Value error, ")
        given = problem["input"]
        shown = "" if isinstance(given, Mapping) else f" (got {given!r})"
        text = f"{where}: {message}{shown}."
    more = error.error_count() - 1
    return text + (f" ({more} more such problems.)" if more else "")


def _check_overrides(config: Config) -> None:
    for name in config.entries():
        where = f"{config.section(name)}.{name}"
        try:
            config.architecture_of(name)
            config.training_of(name)
        except ValidationError as error:
            raise ConfigError(f"config.yaml: {where}: {first_problem(error)}") from None


def _check_names(config: Config) -> None:
    """Everything that is referred to by name exists, and every model name exists once."""
    names = [name for section in SECTIONS for name in getattr(config, section)]
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(f"config.yaml: two models are called {name!r}. Rename one.")
    if PIPELINES_OWN in (*names, *config.experts):
        raise ConfigError(
            f"config.yaml: {PIPELINES_OWN!r} is the pipeline's own folder. Rename it."
        )
    for expert, settings in config.experts.items():
        if isinstance(settings, ExpertSettings) and settings.text_encoder is not None:
            _require(settings.text_encoder, config.encoders(), f"experts.{expert}.text_encoder")
            _refuse_tuned(settings.text_encoder, config, f"experts.{expert}.text_encoder")
    _require_experts(config.models, config, "models")
    teachers = [name for name in names if name not in config.prunings()]
    for name in config.entries():
        _check_model(config, name, teachers)
    for name, pruning in config.prunings().items():
        check_pruning(f"pruned.{name}", pruning, config.experts_of(name))
    for name, captions in config.denoise.items():
        _require_teachers(captions.teachers, teachers, f"denoise.{name}.teachers")
    for name, model in config.zero_shot.items():
        _check_zero_shot(f"zero_shot.{name}", model, config)
    for name, released in config.released.items():
        _require(released.text_encoder, config.text, f"released.{name}.text_encoder")
        for expert in released.experts or []:
            _require(expert, config.experts, f"released.{name}.experts")
    for name in config.search.models or []:
        _require(name, config.evaluated(), "search.models")
    check_teachers(config.untrained(), [*config.entries().values(), *config.denoise.values()])


def _check_zero_shot(where: str, model: ZeroShotSettings, config: Config) -> None:
    _require(model.text_encoder, config.encoders(), f"{where}.text_encoder")
    for expert in model.experts:
        _require(expert, config.experts, f"{where}.experts")
    check_spaces(where, model, config.experts, config.encoders())


def _refuse_tuned(encoder: str, config: Config, where: str) -> None:
    """Refuse a tuned text encoder: with it, features of videos would change with the captions."""
    if config.encoders()[encoder].finetune is not None:
        raise ConfigError(
            f"config.yaml: {where} names {encoder!r}, which is tuned on the captions. "
            "Name a text encoder without finetune."
        )


def _check_model(config: Config, name: str, teachers: list[str]) -> None:
    model, where = config.settings_of(name), f"{config.section(name)}.{name}"
    _require(model.text_encoder, config.text, f"{where}.text_encoder")
    for expert in model.experts or []:
        _require(expert, config.experts, f"{where}.experts")
    _require_teachers(model.teachers, teachers, f"{where}.teachers")
    if model.captions is not None:
        _require(model.captions, config.denoise, f"{where}.captions")
    _require_experts(config.architecture_of(name), config, f"{where}.model")
    weights = config.training_of(name).teacher_aggregation
    if model.teachers and isinstance(weights, list) and len(weights) != len(model.teachers):
        raise ConfigError(
            f"config.yaml: {where} has {len(model.teachers)} teachers, but "
            f"training.teacher_aggregation has {len(weights)} weights. Give each teacher one."
        )


def _require_teachers(teachers: list[TeacherSettings], names: list[str], where: str) -> None:
    models = [teacher.model for teacher in teachers]
    for model in models:
        _require(model, names, where)
        if models.count(model) > 1:
            raise ConfigError(
                f"config.yaml: {where} names {model!r} twice. Name it once, with all its seeds: "
                f"{{model: {model}, seeds: [0, 1]}}."
            )


def _require_experts(architecture: ArchitectureSettings, config: Config, where: str) -> None:
    for key in BY_EXPERT:
        for expert in getattr(architecture, key):
            _require(expert, config.experts, f"{where}.{key}")


def _require(name: str, allowed: Mapping[str, object] | list[str], where: str) -> None:
    if name not in allowed:
        raise ConfigError(
            f"config.yaml: {where} names {name!r}, which is not there. "
            f"Choose one of: {', '.join(allowed)}."
        )


def _check_order(config: Config) -> None:
    """No model waits for itself."""
    finished = {*config.imported_teachers(), *config.untrained()}

    def visit(model: str, waiting: tuple[str, ...]) -> None:
        if model in waiting:
            cycle = " -> ".join((*waiting[waiting.index(model) :], model))
            raise ConfigError(
                f"config.yaml: models wait for each other: {cycle}. Remove one of these teachers."
            )
        if model not in finished:
            for teacher in config.ranked_by(model):
                visit(teacher, (*waiting, model))
            finished.add(model)

    for name in config.entries():
        visit(name, ())


def _check_videos(config: Config) -> None:
    """Refuse experts that look at videos where there are none, and a data set of nothing."""
    if config.dataset.videos is None and config.dataset.captions is None:
        raise ConfigError(
            "config.yaml: dataset.videos and dataset.captions are null. Name at least one table."
        )
    if config.dataset.videos is None and config.extracted_experts():
        expert = next(iter(config.extracted_experts()))
        raise ConfigError(
            f"config.yaml: dataset.videos is null, but experts.{expert} has a network, which looks "
            "at videos. Name the table of videos, or import the expert's features."
        )
