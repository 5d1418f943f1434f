"""A model on disk: safetensors, a JSON file that says what it is, and its history."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import pyarrow as pa
import torch
from pydantic import TypeAdapter
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from teachtext import __version__
from teachtext.atomic import replacing
from teachtext.errors import StoreError
from teachtext.models.retrieval import RetrievalModel, build_model
from teachtext.settings import TrainingSettings
from teachtext.store.checksums import check_contents, write_checksums
from teachtext.store.features import StoreIdentity
from teachtext.store.tables import read_table, write_table
from teachtext.store.tokens import TokenTable
from teachtext.weights import WeightsIdentity
from teachtext.zero_shot import SEED, AnyArchitecture

SCORE = "val_t2v_geometric_mean"
"""The column of a history by which models are compared on val."""
WEIGHTS, CONFIG = "model.safetensors", "config.json"
_ARCHITECTURES: TypeAdapter[AnyArchitecture] = TypeAdapter(AnyArchitecture)


@dataclass(frozen=True)
class ModelCard:
    """Everything needed to rebuild a model, and what it was trained on.

    Attributes:
        model: name in config.yaml.
        seed: of the run.
        section: ``teachers``, ``students``, ``pruned``, ``zero_shot`` or ``released``.
        architecture: of the model.
        training: how it was trained; None: nothing was.
        text_encoder: name in config.yaml.
        text_weights: of the text encoder.
        token_dim: width of its token vectors.
        max_tokens: where it cut captions.
        experts: per expert what made its features, in the order of the mixture weights.
        teachers: the models it learned from, each seed as ``name/seed``.
        captions: that it was trained on: ``all``, the name of a denoised set, or ``none``.
        train_captions: how many.
        train_videos: how many.
        best_epoch: whose weights these are; None: nothing was trained.
        parameters: how many numbers were trained.
    """

    model: str
    seed: int
    section: str
    architecture: AnyArchitecture
    training: TrainingSettings | None
    text_encoder: str
    text_weights: WeightsIdentity
    token_dim: int
    max_tokens: int
    experts: Mapping[str, StoreIdentity]
    teachers: Sequence[str]
    captions: str
    train_captions: int
    train_videos: int
    best_epoch: int | None
    parameters: int

    @classmethod
    def untrained(
        cls,
        model: str,
        *,
        section: str,
        architecture: AnyArchitecture,
        tokens: TokenTable,
        experts: Mapping[str, StoreIdentity],
        parameters: int,
    ) -> Self:
        """Of a model that is not trained here; ``tokens`` are those that it is made for."""
        return cls(
            model=model,
            seed=SEED,
            section=section,
            architecture=architecture,
            training=None,
            text_encoder=tokens.encoder,
            text_weights=tokens.weights,
            token_dim=tokens.tokens.dim,
            max_tokens=tokens.max_tokens,
            experts=experts,
            teachers=[],
            captions="none",
            train_captions=0,
            train_videos=0,
            best_epoch=None,
            parameters=parameters,
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values; identical for identical runs."""
        return {
            **{name: getattr(self, name) for name in _PLAIN},
            "architecture": self.architecture.model_dump(),
            "training": None if self.training is None else self.training.model_dump(),
            "text_weights": asdict(self.text_weights),
            "experts": {name: asdict(identity) for name, identity in self.experts.items()},
            "teachers": list(self.teachers),
            "teachtext": __version__,
        }


_PLAIN = (
    "model",
    "seed",
    "section",
    "text_encoder",
    "token_dim",
    "max_tokens",
    "captions",
    "train_captions",
    "train_videos",
    "best_epoch",
    "parameters",
)


def save_model(
    folder: Path, model: RetrievalModel, card: ModelCard, history: list[dict[str, Any]] | None
) -> None:
    """Write a model directory; it appears complete or not at all.

    Args:
        folder: to write.
        model: its numbers.
        card: what it is.
        history: a row an epoch; None: nothing was trained.
    """
    with replacing(folder) as temporary:
        temporary.mkdir()
        save_file(model.state_dict(), temporary / WEIGHTS)
        (temporary / CONFIG).write_text(json.dumps(card.to_json(), indent=2) + "\n")
        if history is not None:
            write_table(
                temporary / "history.parquet",
                pa.Table.from_pylist(history),
                {"model": card.model, "seed": str(card.seed)},
            )
        write_checksums(temporary)


def load_card(folder: Path) -> ModelCard:
    """Read what a model is, and compare it with what was written.

    Raises:
        StoreError: no model directory, a damaged one, or one of another version.
    """
    try:
        check_contents(folder, [CONFIG])
        values = json.loads((folder / CONFIG).read_text())
        experts = {
            name: StoreIdentity(**{**identity, "weights": WeightsIdentity(**identity["weights"])})
            for name, identity in values["experts"].items()
        }
        training = values["training"]
        return ModelCard(
            **{name: values[name] for name in _PLAIN},
            architecture=_ARCHITECTURES.validate_python(values["architecture"]),
            training=None if training is None else TrainingSettings.model_validate(training),
            text_weights=WeightsIdentity(**values["text_weights"]),
            experts=experts,
            teachers=values["teachers"],
        )
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise damaged_model(folder, error) from None


def kept_score(folder: Path, card: ModelCard) -> float:
    """Val text-to-video geometric mean of the epoch whose weights a model has.

    Raises:
        StoreError: no history, or one without val.
    """
    if card.best_epoch is None:
        raise StoreError(f"{folder} was not trained, so no epoch was kept. Name a trained model.")
    history = read_table(folder / "history.parquet")
    if SCORE not in history.column_names:
        raise StoreError(f"{folder} was trained without val. Add val captions and train it again.")
    return float(history[SCORE][card.best_epoch].as_py())


def load_model(folder: Path) -> tuple[RetrievalModel, ModelCard]:
    """Rebuild a model, ready to encode; every byte is compared with what was written.

    Raises:
        StoreError: no model directory, a damaged one, or weights that do not fit.
    """
    card = load_card(folder)
    expert_dims = {name: identity.dim for name, identity in card.experts.items()}
    # without memory of its own: the weights stay in the mapped file until they are used
    with torch.device("meta"):
        model = build_model(
            card.architecture,
            token_dim=card.token_dim,
            max_tokens=card.max_tokens,
            expert_dims=expert_dims,
        )
    try:
        check_contents(folder)
        model.load_state_dict(load_file(folder / WEIGHTS), assign=True)
    except (OSError, RuntimeError, SafetensorError, ValueError) as error:
        raise damaged_model(folder, error) from None
    model.eval()
    return model, card


def damaged_model(folder: str | Path, error: Exception) -> StoreError:
    """What is said of a model directory that cannot be read."""
    return StoreError(
        f"{folder} is damaged, or no model directory ({type(error).__name__}: "
        f"{' '.join(str(error).split())}). Delete it, then train, export or download it again."
    )
