"""The page that introduces an exported model: what hubs call a model card. Text alone."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from huggingface_hub import EvalResult, ModelCardData

from teachtext.config.settings import TextEncoderSettings
from teachtext.interop.hub.hub import without_local_paths
from teachtext.models.checkpoint import ModelCard

DIRECTIONS = {"t2v": "Text-to-video retrieval", "v2t": "Video-to-text retrieval"}
METRICS = {
    "R@1": "recall_at_1",
    "R@5": "recall_at_5",
    "R@10": "recall_at_10",
    "MdR": "median_rank",
    "MnR": "mean_rank",
    "geometric_mean": "geometric_mean_of_recalls",
}
"""Name in an evaluation -> type in the metadata of a hub."""
CITATION = """```bibtex
@inproceedings{croitoru2021teachtext,
  title     = {TeachText: CrossModal Generalized Distillation for Text-Video Retrieval},
  author    = {Croitoru, Ioana and Bogolin, Simion-Vlad and Leordeanu, Marius and Jin, Hailin and
               Zisserman, Andrew and Albanie, Samuel and Liu, Yang},
  booktitle = {ICCV},
  year      = {2021}
}
```"""


@dataclass(frozen=True)
class Release:
    """Facts about a release that the model's files lack.

    Attributes:
        name: Name of the folder or repository of the model.
        dataset: Name of the data set it was trained and tested on.
        license: Licence of the weights, as hubs write it, such as ``apache-2.0``.
        data_license: Licence of the data set.
        description: Description for readers; may be empty.
    """

    name: str
    dataset: str
    license: str
    data_license: str
    description: str


def render_page(
    card: ModelCard,
    release: Release,
    *,
    text_settings: TextEncoderSettings | None,
    evaluation: Mapping[str, Any] | None,
) -> str:
    """README.md of an exported model. It contains no caption, ID or file of the data.

    Args:
        card: Card of the model.
        release: Facts about the release that the model's files lack.
        text_settings: Settings of the text encoder; None if its token vectors were made elsewhere.
        evaluation: Evaluation in the form that ``evaluate_model`` writes; None if not evaluated.
    """
    head = _metadata(card, release, evaluation).to_yaml()
    parts = [
        f"# {release.name}",
        f"{card.model!r}, seed {card.seed}: a text-to-video retrieval model, "
        f"{card.architecture.architecture}, trained with teachtext.",
        release.description,
        "## Use",
        _usage(release.name, text_settings),
        "## Metrics",
        _metrics_table(evaluation, release.dataset),
        "## Data",
        _data(card, release),
        "## What it looks through, and reads with",
        _inputs(card, text_settings),
        "## Training",
        _training(card),
        "## Licences",
        f"Weights: {release.license}. Data: {release.data_license}. The networks of the experts "
        "and the text encoder are not in these files, and have licences of their own.",
        "## Citation",
        CITATION,
    ]
    body = "\n\n".join(part for part in parts if part)
    return f"---\n{head}\n---\n\n{body}\n"


def _metadata(
    card: ModelCard, release: Release, evaluation: Mapping[str, Any] | None
) -> ModelCardData:
    tags = ["text-video-retrieval", "video-retrieval", "teachtext", card.architecture.architecture]
    return ModelCardData(
        license=release.license,
        library_name="teachtext",
        pipeline_tag="feature-extraction",
        tags=tags,
        datasets=[release.dataset],
        data_license=release.data_license,
        metrics=list(METRICS.values()) if evaluation else None,
        model_name=release.name if evaluation else None,
        eval_results=list(_results(evaluation, release.dataset)) if evaluation else None,
    )


def _results(evaluation: Mapping[str, Any], dataset: str) -> Iterator[EvalResult]:
    for direction, task in DIRECTIONS.items():
        for name, kind in METRICS.items():
            yield EvalResult(
                task_type="video-text-retrieval",
                task_name=task,
                dataset_type=dataset,
                dataset_name=dataset,
                dataset_split="test",
                metric_type=kind,
                metric_name=f"{direction} {name}",
                metric_value=round(evaluation["test"][direction][name], 2),
            )


def _usage(name: str, text_settings: TextEncoderSettings | None) -> str:
    lines = ["import teachtext", "", f"model = teachtext.HubModel.from_pretrained({name!r})"]
    if text_settings is not None:
        lines.append('captions = model.encode_captions(["a dog barks at a passing train"])')
    code = "\n".join(lines)
    return (
        f"```python\n{code}\n```\n\n"
        "`model.network.encode_videos` embeds features of videos, and `model.network.similarity` "
        "compares both. The features must come from the experts below."
    )


def _metrics_table(evaluation: Mapping[str, Any] | None, dataset: str) -> str:
    if evaluation is None:
        return "It was not evaluated."
    rows = [
        f"| | {' | '.join(METRICS)} | queries | gallery |",
        f"|---|{'---|' * (len(METRICS) + 2)}",
    ]
    for direction, task in DIRECTIONS.items():
        found = evaluation["test"][direction]
        numbers = " | ".join(f"{found[name]:.1f}" for name in METRICS)
        rows.append(f"| {task} | {numbers} | {found['queries']:.0f} | {found['gallery']:.0f} |")
    table = "\n".join(rows)
    return (
        f"{table}\n\nOn the test split of {_code(dataset)}. Recalls in percent; MdR, MnR: median "
        "and mean rank, 1 is best; geometric mean of R@1, R@5 and R@10."
    )


def _data(card: ModelCard, release: Release) -> str:
    if card.training is None:
        return f"Nothing was trained here. It was tested on {_code(release.dataset)}."
    captions = "all" if card.captions == "all" else f"the denoised set {card.captions!r}"
    return (
        f"Trained on {card.train_captions:,} captions ({captions}) of {card.train_videos:,} "
        f"videos of {_code(release.dataset)}. Nothing was chosen on test."
    )


def _inputs(card: ModelCard, text_settings: TextEncoderSettings | None) -> str:
    rows = ["| | network | width | weights | SHA-256 | settings |", "|---|---|---|---|---|---|"]
    for name, identity in card.experts.items():
        sampling = json.dumps(without_local_paths(dict(identity.sampling)))
        cells = [identity.network, identity.weights.name, identity.weights.sha256, sampling]
        network, weights, sha256, settings = map(_code, without_local_paths(cells))
        rows.append(f"| {name} | {network} | {identity.dim} | {weights} | {sha256} | {settings} |")
    made = "made elsewhere" if text_settings is None else text_settings.encoder
    settings = _code(json.dumps({"max_tokens": card.max_tokens}))
    weights, sha256 = card.text_weights.name, card.text_weights.sha256
    weights, sha256 = map(_code, without_local_paths([weights, sha256]))
    rows.append(
        f"| captions: {card.text_encoder} | {_code(made)} | {card.token_dim} | {weights} "
        f"| {sha256} | {settings} |"
    )
    return "\n".join(rows)


def _training(card: ModelCard) -> str:
    if card.training is None:
        return "None."
    teachers = ", ".join(map(str, card.teachers)) or "none"
    best = "the last" if card.training.keep_epoch == "last" else "the best on val"
    settings = json.dumps(card.training.model_dump(), indent=2)
    return (
        f"Teachers, which are not needed any more: {teachers}. {card.parameters:,} parameters; "
        f"the weights are those of epoch {card.best_epoch}, {best}.\n\n```json\n{settings}\n```"
    )


def _code(text: str) -> str:
    """Text that comes from elsewhere, as a cell of a table."""
    return "`" + " ".join(text.replace("`", "'").replace("|", "/").split()) + "`"
