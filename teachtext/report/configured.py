"""Whether what was measured is what config.yaml asks for. Records in, at most an error out."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from teachtext.config.experts import ExpertSettings
from teachtext.config.models import TeacherSettings
from teachtext.config.teachers import ModelSeed
from teachtext.config.whole import Config
from teachtext.config.zero_shot import ZeroShotArchitecture
from teachtext.errors import StoreError
from teachtext.evaluation.records import Evaluation
from teachtext.report.inputs import AGAIN, DenoisedSet, ModelRecord

_Difference = tuple[str, object, object]
"""Key, what is there, what config.yaml says."""


def check_configured(
    config: Config,
    evaluations: Sequence[Evaluation],
    models: Sequence[ModelRecord],
    denoised: Sequence[DenoisedSet],
    runs: Mapping[Path, Sequence[Mapping[str, Any]]],
) -> None:
    """Refuse to report what config.yaml does not ask for.

    Args:
        config: Complete config.yaml.
        evaluations: Of all models and seeds.
        models: Directories of the same.
        denoised: Sets of captions of all seeds.
        runs: Pareto table -> ``Evaluation.facts`` of all that it was made from.

    Raises:
        StoreError: Something was made with other settings or from other inputs; the line says
            what.
    """
    directories = {(model.name, model.seed): model for model in models}
    for one in evaluations:
        path = one.ranks_path.with_suffix(".json")
        _check_facts(config, path, one.facts)
        _check_model(path, one, directories.get((one.model, one.seed)))
    for table, made_from in runs.items():
        for facts in made_from:
            _check_facts(config, table, facts)
    for captions in denoised:
        _check_denoised(config, captions)
    for model in models:
        _check_captions(model, denoised)
        _check_experts(config, model)
    _check_common_inputs(models)


def _check_facts(config: Config, path: Path, facts: Mapping[str, Any]) -> None:
    """Of one evaluation: its settings, and those of its model."""
    name, seed = str(facts["model"]), int(facts["seed"])
    try:
        says = _facts_by(config, name, seed, facts)
    except KeyError:
        raise StoreError(f"{path} is of {name}, which is not in config.yaml. {AGAIN}") from None
    seeds = config.evaluated().get(name, config.seeds)
    if seed not in seeds:
        raise StoreError(f"{path} is of seed {seed}, config.yaml has {seeds}. {AGAIN}")
    _refuse(path, _first_difference("", {key: facts[key] for key in says}, says))


def _facts_by(config: Config, name: str, seed: int, facts: Mapping[str, Any]) -> dict[str, Any]:
    """What config.yaml says of a model and its evaluation, key by key of ``Evaluation.facts``."""
    says: dict[str, Any] = {
        "section": config.section(name),
        "text_encoder": config.text_encoder_of(name),
        "experts": config.experts_of(name),
        "evaluate": config.evaluate.model_dump(),
    }
    if name in config.untrained():
        models = ZeroShotArchitecture().model_dump()
        if name in config.released:  # all else is read off the checkpoint
            models = dict(facts["models"]) | {"max_rows": config.models.max_rows}
        return says | {"models": models, "training": None, "teachers": [], "captions": "none"}
    settings = config.settings_of(name)
    return says | {
        "models": config.architecture_of(name).model_dump(),
        "training": config.training_of(name).content(),
        "teachers": _opinions(config, settings.teachers, seed),
        "captions": settings.captions or "all",
    }


def _opinions(config: Config, teachers: Iterable[TeacherSettings], seed: int) -> list[str]:
    """Each seed of each teacher as ``name/seed``."""
    return [
        str(ModelSeed(teacher.model, int(one)))
        for teacher in teachers
        for one in config.seeds_of(teacher, seed)
    ]


def _check_model(path: Path, evaluation: Evaluation, model: ModelRecord | None) -> None:
    if model is None or model.sha256 != evaluation.model_sha256:
        where = f"{evaluation.model}/{evaluation.seed}" if model is None else model.folder
        raise StoreError(f"{path} is not of the model that is in {where} now. {AGAIN}")


def _check_denoised(config: Config, captions: DenoisedSet) -> None:
    if captions.captions not in config.denoise:
        raise StoreError(
            f"{captions.path} is of {captions.captions}, which is not in config.yaml. {AGAIN}"
        )
    settings = config.denoise[captions.captions]
    where = f"denoise.{captions.captions}"
    _refuse(
        captions.path, _first_difference(where, captions.settings, settings.model_dump(mode="json"))
    )
    teachers = _opinions(config, settings.teachers, int(captions.seed))
    _refuse(
        captions.path, _first_difference(f"{where}.teachers", list(captions.teachers), teachers)
    )


def _check_captions(model: ModelRecord, denoised: Sequence[DenoisedSet]) -> None:
    """Of a model of a denoised set: that it is the one that lies there."""
    for captions in denoised:
        if (captions.captions, captions.seed) != (model.card["captions"], str(model.seed)):
            continue
        if captions.sha256 != model.card["made_from"]["captions"]:
            raise StoreError(
                f"{model.folder} was trained on other captions than {captions.path} keeps now. "
                f"{AGAIN}"
            )


def _check_experts(config: Config, model: ModelRecord) -> None:
    """Of extracted features: the network that made them, and what it saw."""
    for name, identity in model.card["experts"].items():
        if not isinstance(config.experts[name], ExpertSettings):
            continue
        request = config.request(name)
        says = {"network": request.settings.network, **request.sampling()}
        has = {"network": identity["network"], **identity["sampling"]}
        _refuse(model.folder, _first_difference(f"experts.{name}", has, says))


def _check_common_inputs(models: Sequence[ModelRecord]) -> None:
    """Whoever names the same text encoder, expert or teacher was made from the same."""
    first: dict[str, tuple[str, Path]] = {}
    for model in models:
        made_from = model.card["made_from"]
        inputs = {f"token vectors of {model.card['text_encoder']}": made_from["tokens"]}
        inputs |= {f"features of {name}": one for name, one in made_from["features"].items()}
        inputs |= {f"similarities of {name}": one for name, one in made_from["teachers"].items()}
        for what, sha256 in inputs.items():
            known, folder = first.setdefault(what, (sha256, model.folder))
            if sha256 != known:
                raise StoreError(
                    f"{model.folder} and {folder} were made from different {what}. Delete both and "
                    "run snakemake again."
                )


def _first_difference(key: str, has: object, says: object) -> _Difference | None:
    if not isinstance(has, Mapping) or not isinstance(says, Mapping):
        return None if has == says else (key, has, says)
    for name in {**says, **has}:
        below = f"{key}.{name}" if key else str(name)
        if found := _first_difference(below, has.get(name), says.get(name)):
            return found
    return None


def _refuse(path: Path, difference: _Difference | None) -> None:
    if difference is not None:
        key, has, says = difference
        raise StoreError(f"{path} was made with {key} {has}, config.yaml says {says}. {AGAIN}")
