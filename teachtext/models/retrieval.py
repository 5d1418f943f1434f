"""The retrieval model that `models` in config.yaml describes: settings in, a model out."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from teachtext.config.models import Architecture, ArchitectureSettings
from teachtext.config.zero_shot import AnyArchitecture, ZeroShotArchitecture
from teachtext.models.base import RetrievalModel
from teachtext.models.caption_tower import CaptionTower, LearnedWeights, UniformWeights
from teachtext.models.collaborative import (
    CollaborativeExperts,
    CollaborativeGating,
    SequentialCollaborativeGating,
)
from teachtext.models.mmt import MultiModalTransformer, VideoTokens
from teachtext.models.moee import MixtureOfEmbeddingExperts
from teachtext.models.netvlad import NetVLAD, PaddedNetVLAD
from teachtext.models.norm import MaskedBatchNorm, UnmaskedBatchNorm
from teachtext.models.pooling import FirstPooling, MeanPooling, Pooling
from teachtext.models.transformer import Encoder
from teachtext.models.zero_shot import ZeroShot

Build = Callable[[ArchitectureSettings, CaptionTower, Mapping[str, int]], RetrievalModel]


def build_model(
    settings: AnyArchitecture,
    *,
    token_dim: int,
    max_tokens: int,
    expert_dims: Mapping[str, int],
) -> RetrievalModel:
    """Build a model with fresh weights.

    Args:
        settings: Family and sizes of the model, or the settings of a model without training.
        token_dim: Width of the text encoder's token vectors.
        max_tokens: Maximum number of tokens per caption.
        expert_dims: Expert name -> raw width, in the order of the mixture weights.
    """
    if isinstance(settings, ZeroShotArchitecture):
        return ZeroShot(tuple(expert_dims), dim=token_dim)
    families: dict[Architecture, Build] = {
        "MixtureOfEmbeddingExperts": _mixture,
        "CollaborativeExperts": _collaborative,
        "MultiModalTransformer": _transformer,
    }
    pooling = _text_pooling(settings, token_dim, max_tokens)
    tower = CaptionTower(
        pooling,
        _joint_dims(settings, expert_dims),
        _mixture_weights(settings, pooling.out_dim, len(expert_dims)),
    )
    return families[settings.architecture](settings, tower, expert_dims)


@contextmanager
def without_weights() -> Iterator[None]:
    """Build models without memory: weights are assigned to them, which may stay in a file."""
    with torch.device("meta"), _Undrawn():
        yield


class _Undrawn(TorchFunctionMode):
    """Nothing is drawn: to draw for the meta device imports torch's compiler (3 s of each job)."""

    def __torch_function__(
        self,
        function: Callable[..., Any],
        types: object,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> object:
        del types
        named = kwargs or {}
        return named["tensor"] if function is nn.init.normal_ else function(*args, **named)


def _mixture(
    settings: ArchitectureSettings, tower: CaptionTower, expert_dims: Mapping[str, int]
) -> RetrievalModel:
    return MixtureOfEmbeddingExperts(
        tuple(expert_dims),
        tower,
        pooling=_video_pooling(settings, expert_dims),
        joint_dims=_joint_dims(settings, expert_dims),
        norm=UnmaskedBatchNorm if settings.legacy else MaskedBatchNorm,
    )


def _collaborative(
    settings: ArchitectureSettings, tower: CaptionTower, expert_dims: Mapping[str, int]
) -> RetrievalModel:
    gating = SequentialCollaborativeGating if settings.legacy else CollaborativeGating
    shared_dim = _shared_dim(settings)
    return CollaborativeExperts(
        tuple(expert_dims),
        tower,
        pooling=_video_pooling(settings, expert_dims),
        shared_dim=shared_dim,
        gating=gating(shared_dim, len(expert_dims)),
    )


def _transformer(
    settings: ArchitectureSettings, tower: CaptionTower, expert_dims: Mapping[str, int]
) -> RetrievalModel:
    sizes, dim = settings.transformer, _shared_dim(settings)
    return MultiModalTransformer(
        tuple(expert_dims),
        tower,
        tokens=VideoTokens(
            list(expert_dims.values()), dim, positions=sizes.positions, dropout=sizes.dropout
        ),
        encoder=Encoder(
            dim,
            layers=sizes.layers,
            heads=sizes.heads,
            feed_forward_dim=sizes.feed_forward_dim,
            dropout=sizes.dropout,
        ),
    )


def _text_pooling(settings: ArchitectureSettings, token_dim: int, max_tokens: int) -> Pooling:
    if settings.text_pooling == "mean":
        return MeanPooling(token_dim)
    if settings.text_pooling == "first":
        return FirstPooling(token_dim)
    clusters, ghosts = settings.text_clusters, settings.text_ghost_clusters
    if settings.legacy:
        return PaddedNetVLAD(token_dim, clusters, ghosts, padded_to=max_tokens)
    return NetVLAD(token_dim, clusters, ghosts)


def _video_pooling(settings: ArchitectureSettings, expert_dims: Mapping[str, int]) -> list[Pooling]:
    return [_expert_pooling(settings, expert, dim) for expert, dim in expert_dims.items()]


def _expert_pooling(settings: ArchitectureSettings, expert: str, dim: int) -> Pooling:
    if settings.averages(expert):
        return MeanPooling(dim)
    clusters = settings.video_clusters[expert]
    if settings.legacy:
        return PaddedNetVLAD(dim, clusters, padded_to=settings.max_rows[expert])
    return NetVLAD(dim, clusters)


def _mixture_weights(
    settings: ArchitectureSettings, pooled_dim: int, experts: int
) -> LearnedWeights | UniformWeights:
    if settings.mixture_weights == "uniform":
        return UniformWeights(experts)
    dropped = settings.architecture == "MultiModalTransformer"
    dropout = settings.transformer.dropout if dropped else 0.0
    return LearnedWeights(pooled_dim, experts, dropout=dropout)


def _joint_dims(settings: ArchitectureSettings, expert_dims: Mapping[str, int]) -> list[int]:
    if settings.shared_dim is None:
        return list(expert_dims.values())
    return [settings.shared_dim] * len(expert_dims)


def _shared_dim(settings: ArchitectureSettings) -> int:
    if settings.shared_dim is None:
        raise ValueError(f"{settings.architecture} needs a shared_dim; set models.shared_dim.")
    return settings.shared_dim
