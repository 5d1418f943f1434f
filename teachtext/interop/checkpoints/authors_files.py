"""The authors' released models as ours: which sizes their weights have, and the model of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor

from teachtext.config.models import ArchitectureSettings
from teachtext.errors import ConfigError, DatasetError
from teachtext.interop.checkpoints.authors import from_authors
from teachtext.models.base import RetrievalModel
from teachtext.models.retrieval import build_model, without_weights

_TEXT = "text_pooling.clusters"
MIXTURE = "ce.moe_fc.weight"
REDUCED = "ce.video_dim_reduce.{}.fc.weight"
"""Only CE has it: MoEE has no space that all experts share."""
GATED = "ce.video_GU.{}.fc.weight"


@dataclass(frozen=True)
class Sizes:
    """Sizes read from the shapes of the authors' weights.

    Attributes:
        token_dim: Width of a token vector.
        expert_dims: Width of a feature row by expert, in the order of the mixture weights.
        changes: Values to set in section `models` of config.yaml, by key.
    """

    token_dim: int
    expert_dims: Mapping[str, int]
    changes: Mapping[str, object]


def sizes_of(theirs: Mapping[str, Tensor], experts: Sequence[str]) -> Sizes:
    """Read the sizes of a model off its weights.

    Args:
        theirs: State dict of a CE or MoEE of the authors (albanie/collaborative-experts).
        experts: Names of the experts in alphabetical order, as in the authors' models.

    Raises:
        DatasetError: The weights are of another model, or of other experts.
    """
    for key in (_TEXT, f"{_TEXT}2", MIXTURE):
        if key not in theirs:
            raise DatasetError(
                f"The checkpoint has no {key!r}: it is no CE or MoEE of the authors."
            )
    pooled = {key.split(".clusters")[0].partition(".")[2] for key in theirs if _is_pooling(key)}
    count = len(theirs[MIXTURE])
    if count != len(experts) or not pooled <= set(experts):
        raise DatasetError(
            f"The checkpoint has {count} experts, among them {', '.join(sorted(pooled)) or 'none'} "
            f"with NetVLAD; its entry has {len(experts)}: {', '.join(experts)}. Name the same."
        )
    shared = REDUCED.format(0) in theirs
    clusters = {expert: theirs[f"pooling.{expert}.clusters"] for expert in sorted(pooled)}
    inputs = REDUCED if shared else GATED
    dims = {
        expert: len(clusters[expert]) if expert in pooled else theirs[inputs.format(i)].shape[1]
        for i, expert in enumerate(experts)
    }
    token_dim, with_ghosts = theirs[_TEXT].shape
    centres = theirs[f"{_TEXT}2"].shape[-1]
    changes = {
        "architecture": "CollaborativeExperts" if shared else "MixtureOfEmbeddingExperts",
        "shared_dim": len(theirs[REDUCED.format(0)]) if shared else None,
        "text_pooling": "netvlad",
        "text_clusters": centres,
        "text_ghost_clusters": with_ghosts - centres,
        "video_clusters": {expert: weights.shape[1] for expert, weights in clusters.items()},
        "mixture_weights": "learned",
        "legacy": True,
    }
    return Sizes(token_dim, dims, changes)


def build_released(
    theirs: Mapping[str, Tensor],
    sizes: Sizes,
    settings: ArchitectureSettings,
    *,
    token_dim: int,
    max_tokens: int,
    expert_dims: Mapping[str, int],
) -> tuple[RetrievalModel, ArchitectureSettings]:
    """Build a model from the authors' weights.

    Args:
        theirs: State dict of the authors.
        sizes: Sizes read from this state dict.
        settings: Settings of the architecture; only `max_rows` is used, as the weights do not
            determine it.
        token_dim: Width of the available token vectors.
        max_tokens: Number of tokens to which captions are cut.
        expert_dims: Width of the available features by expert, in alphabetical order.

    Raises:
        ConfigError: Token vectors or features have other widths, or a `max_rows` is missing.
        DatasetError: Weights are missing, unknown or of other shapes.
    """
    if token_dim != sizes.token_dim:
        raise ConfigError(
            f"The checkpoint reads token vectors of {sizes.token_dim} numbers, these have "
            f"{token_dim}. Name the text encoder that it was trained with."
        )
    for expert, dim in sizes.expert_dims.items():
        if expert_dims[expert] != dim:
            raise ConfigError(
                f"The checkpoint sees features of {dim} numbers as {expert!r}, these have "
                f"{expert_dims[expert]}. Name the experts that it was trained with."
            )
    own = _with_sizes(settings, sizes)
    with without_weights():
        model = build_model(
            own, token_dim=token_dim, max_tokens=max_tokens, expert_dims=sizes.expert_dims
        )
    try:
        model.load_state_dict(from_authors(theirs, model), assign=True)
    except (ValueError, RuntimeError) as error:
        reason = " ".join(str(error).split())
        raise DatasetError(f"The checkpoint's weights do not fit together: {reason}") from None
    return model.eval(), own


def _with_sizes(settings: ArchitectureSettings, sizes: Sizes) -> ArchitectureSettings:
    try:
        return ArchitectureSettings.model_validate(settings.model_dump() | dict(sizes.changes))
    except ValueError as error:
        reason = " ".join(str(error).split())
        raise ConfigError(f"config.yaml: models does not fit the checkpoint: {reason}") from None


def _is_pooling(key: str) -> bool:
    return key.startswith("pooling.") and key.endswith(".clusters")
