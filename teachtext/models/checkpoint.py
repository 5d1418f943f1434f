"""A model on disk: safetensors, a JSON file that says what it is, and its history."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pydantic import TypeAdapter, ValidationError

from teachtext import __version__
from teachtext.config.models import Section
from teachtext.config.teachers import ModelSeedText
from teachtext.config.training import TrainingSettings
from teachtext.config.zero_shot import SEED, AnyArchitecture
from teachtext.errors import StoreError
from teachtext.files.atomic import replacing
from teachtext.store.checksums import check_contents, write_checksums
from teachtext.store.features import StoreIdentity
from teachtext.store.json_files import first_finding
from teachtext.store.records import SCORE
from teachtext.store.tables import read_table, write_table
from teachtext.store.versions import MADE_BY, check_stamp, stamp
from teachtext.store.weights import CARD, WEIGHTS, WeightsIdentity

if TYPE_CHECKING:
    from teachtext.models.base import RetrievalModel

MAKERS: Mapping[Section, str] = {
    "teachers": "train_teacher",
    "students": "train_student",
    "pruned": "train_pruned",
    "zero_shot": "build_zero_shot",
    "released": "import_checkpoint",
}
"""Section of a model -> the rule that makes its directory."""


@dataclass(frozen=True)
class MadeFrom:
    """Hashes of what a model was made from.

    Attributes:
        tokens: SHA-256 of the table of token vectors.
        features: Expert -> one SHA-256 of all its stores.
        captions: SHA-256 of the table of the denoised set; None if all captions were used, or none.
        teachers: SHA-256 of the similarities of each seed of each teacher.
        checkpoint: SHA-256 of the file that others released; None for other models.
    """

    tokens: str
    features: Mapping[str, str]
    captions: str | None = None
    teachers: Mapping[ModelSeedText, str] = field(default_factory=dict)
    checkpoint: str | None = None


@dataclass(frozen=True, kw_only=True)
class ModelCard:
    """Everything needed to rebuild a model, and what it was trained on, if it was trained here.

    Attributes:
        model: Name of the model in config.yaml.
        seed: Seed of the run.
        section: ``teachers``, ``students``, ``pruned``, ``zero_shot`` or ``released``.
        architecture: Architecture of the model.
        training: Optimiser, schedule and losses; None if nothing was trained.
        text_encoder: Name of the text encoder in config.yaml.
        text_weights: Identity of the text encoder's weights.
        token_dim: Width of the text encoder's token vectors.
        max_tokens: Number of tokens at which the text encoder truncates captions.
        experts: Expert -> identity of what made its features, in the order of the mixture weights.
        teachers: Models whose similarities it was trained on, each seed by itself.
        captions: Captions that it was trained on: ``all``, the name of a denoised set, or ``none``.
        train_captions: Number of training captions.
        train_videos: Number of training videos.
        best_epoch: Epoch of the stored weights; None if nothing was trained.
        parameters: Number of learned parameters.
        made_from: Hashes of its inputs.
    """

    model: str
    seed: int = SEED
    section: Section
    architecture: AnyArchitecture
    training: TrainingSettings | None = None
    text_encoder: str
    text_weights: WeightsIdentity
    token_dim: int
    max_tokens: int
    experts: Mapping[str, StoreIdentity]
    teachers: Sequence[ModelSeedText] = ()
    captions: str = "none"
    train_captions: int = 0
    train_videos: int = 0
    best_epoch: int | None = None
    parameters: int
    made_from: MadeFrom

    @property
    def gpus(self) -> int:
        """Number of GPUs that it was trained on; 0 if nothing was trained."""
        return 0 if self.training is None else self.training.gpus

    def to_json(self) -> dict[str, Any]:
        """Plain values; identical for identical runs."""
        made: dict[str, Any] = _CARDS.dump_python(self, mode="json")
        return {MADE_BY: stamp(MAKERS[self.section]), "teachtext": __version__, **made}


_CARDS: TypeAdapter[ModelCard] = TypeAdapter(ModelCard)


def save_model(
    folder: Path, model: "RetrievalModel", card: ModelCard, history: list[dict[str, Any]] | None
) -> None:
    """Write a model directory; it appears complete or not at all.

    Args:
        folder: Folder to write.
        model: Model whose weights are written.
        card: Description of the model.
        history: One entry per epoch; None if nothing was trained.
    """
    from safetensors.torch import save_file

    with replacing(folder) as temporary:
        temporary.mkdir()
        save_file(model.state_dict(), temporary / WEIGHTS)
        (temporary / CARD).write_text(json.dumps(card.to_json(), indent=2) + "\n")
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
        StoreError: There is no model directory, or it is damaged or of another version.
    """
    values = _read_card(folder)
    check_stamp(values.get(MADE_BY), folder)
    return _card_of(values, folder)


def _read_card(folder: Path) -> dict[str, Any]:
    try:
        check_contents(folder, [CARD])
        values = json.loads((folder / CARD).read_text())
    except (OSError, TypeError, ValueError) as error:
        raise damaged_model(folder, error) from None
    return values if isinstance(values, dict) else {}


def _card_of(values: dict[str, Any], folder: Path) -> ModelCard:
    try:
        return _CARDS.validate_python(values)
    except ValidationError as error:
        raise damaged_model(folder, ValueError(first_finding(error))) from None


def kept_score(folder: Path, card: ModelCard) -> float:
    """Val text-to-video geometric mean of the epoch whose weights a model has.

    Raises:
        StoreError: There is no history, or it has no val.
    """
    if card.best_epoch is None:
        raise StoreError(f"{folder} was not trained, so no epoch was kept. Name a trained model.")
    history = read_table(folder / "history.parquet")
    if SCORE not in history.column_names:
        raise StoreError(f"{folder} was trained without val. Add val captions and train it again.")
    return float(history[SCORE][card.best_epoch].as_py())


def load_model(folder: Path) -> "tuple[RetrievalModel, ModelCard]":
    """Rebuild a model, ready to encode; every byte is compared with what was written.

    Raises:
        StoreError: There is no model directory, it is damaged or of another version, or its weights
            do not fit.
    """
    card = load_card(folder)
    return _rebuilt(folder, card), card


def load_exported(folder: Path) -> "tuple[RetrievalModel, ModelCard]":
    """The same of a model that was exported, whichever version made it.

    Raises:
        StoreError: There is no model directory, or its weights do not fit.
    """
    card = _card_of(_read_card(folder), folder)
    return _rebuilt(folder, card), card


def build_described(card: ModelCard) -> "RetrievalModel":
    """Build the model that a card describes, with fresh weights."""
    # torch takes seconds, and those who only read what a model is need none
    from teachtext.models.retrieval import build_model

    return build_model(
        card.architecture,
        token_dim=card.token_dim,
        max_tokens=card.max_tokens,
        expert_dims={name: identity.dim for name, identity in card.experts.items()},
    )


def _rebuilt(folder: Path, card: ModelCard) -> "RetrievalModel":
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    from teachtext.models.retrieval import without_weights

    with without_weights():
        model = build_described(card)
    try:
        check_contents(folder)
        model.load_state_dict(load_file(folder / WEIGHTS), assign=True)
    except (OSError, RuntimeError, SafetensorError, TypeError, ValueError) as error:
        raise damaged_model(folder, error) from None
    return model.eval()


def damaged_model(folder: str | Path, error: Exception) -> StoreError:
    """What is said of a model directory that cannot be read."""
    return StoreError(
        f"{folder} is damaged, or no model directory ({type(error).__name__}: "
        f"{' '.join(str(error).split())}). Delete it, then train, export or download it again."
    )
