"""The page that introduces an exported model, what hubs call a model card: `page.md`, filled in."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
from huggingface_hub import EvalResult, ModelCardData

from teachtext.config.text import TextEncoderSettings
from teachtext.interop.hub.hub import without_local_paths
from teachtext.models.checkpoint import ModelCard
from teachtext.store.weights import WeightsIdentity

_DIRECTIONS = {"t2v": "Text-to-video retrieval", "v2t": "Video-to-text retrieval"}
_METRICS = {
    "R@1": "recall_at_1",
    "R@5": "recall_at_5",
    "R@10": "recall_at_10",
    "MdR": "median_rank",
    "MnR": "mean_rank",
    "geometric_mean": "geometric_mean_of_recalls",
}
"""Name in an evaluation -> type in the metadata of a hub."""
_FOLDER = Path(__file__).parent


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


def render_readme(
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
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"code": _code, "json": json.dumps, "repr": repr}
    return environment.get_template("page.md").render(
        metadata=_metadata(card, release, evaluation).to_yaml(),
        card=card,
        release=release,
        text_settings=text_settings,
        evaluation=evaluation,
        directions=_DIRECTIONS,
        metrics=list(_METRICS),
        inputs=_inputs(card, text_settings),
    )


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
        metrics=list(_METRICS.values()) if evaluation else None,
        model_name=release.name if evaluation else None,
        eval_results=list(_results(evaluation, release.dataset)) if evaluation else None,
    )


def _results(evaluation: Mapping[str, Any], dataset: str) -> Iterator[EvalResult]:
    for direction, task in _DIRECTIONS.items():
        for name, kind in _METRICS.items():
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


def _inputs(
    card: ModelCard, text_settings: TextEncoderSettings | None
) -> Iterator[tuple[str, str, int, WeightsIdentity, Mapping[str, Any]]]:
    """Name, network, width, weights and settings of each expert and of the text encoder."""
    for name, identity in card.experts.items():
        sampling = without_local_paths(dict(identity.sampling))
        yield name, identity.network, identity.dim, identity.weights, sampling
    made = "made elsewhere" if text_settings is None else text_settings.encoder
    settings = {"max_tokens": card.max_tokens}
    yield f"captions: {card.text_encoder}", made, card.token_dim, card.text_weights, settings


def _code(text: str) -> str:
    """Text that comes from elsewhere, as a cell of a table."""
    shown = without_local_paths(text).replace("`", "'").replace("|", "/")
    return f"`{' '.join(shown.split())}`"
