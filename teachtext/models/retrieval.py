"""The retrieval models: one caption tower for all, one video tower per family.

Shape suffixes: B batch, N tokens or rows, D width, M experts, Q queries, G gallery.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from teachtext.models.collaborative import CollaborativeGating
from teachtext.models.gating import GatedEmbeddingUnit
from teachtext.models.netvlad import NetVLAD
from teachtext.models.pooling import MeanPooling
from teachtext.models.sequences import Sequences
from teachtext.models.similarity import CaptionEmbeddings, VideoEmbeddings, mixture_similarity
from teachtext.settings import Architecture, ArchitectureSettings


class CaptionTower(nn.Module):
    """Pool a caption's tokens, embed the result once per expert, weigh the experts."""

    def __init__(self, pooling: NetVLAD, expert_dims: Sequence[int]) -> None:
        super().__init__()
        self.pooling = pooling
        self.embed = nn.ModuleList(GatedEmbeddingUnit(pooling.out_dim, dim) for dim in expert_dims)
        self.weigh = nn.Linear(pooling.out_dim, len(expert_dims))

    def forward(self, tokens: Sequences) -> CaptionEmbeddings:
        """Embed captions; the mixture weights are a softmax over the experts."""
        pooled_BD = self.pooling(tokens.values_BND, tokens.valid_BN)
        everyone_B = torch.ones(len(pooled_BD), dtype=torch.bool, device=pooled_BD.device)
        embeddings = [unit(pooled_BD, everyone_B) for unit in self.embed]
        return CaptionEmbeddings(embeddings, self.weigh(pooled_BD).softmax(dim=-1))


class RetrievalModel(nn.Module, ABC):
    """A caption tower and a video tower that meet in one space per expert.

    Args:
        token_dim: width of the text encoder's token vectors.
        expert_dims: raw width of each expert, in the order that videos are given.
        joint_dims: width of each expert's joint space.
        text_clusters: NetVLAD clusters of the caption.
        text_ghost_clusters: those that only absorb.
        video_clusters: NetVLAD clusters of each expert; experts not named are averaged.
    """

    def __init__(
        self,
        *,
        token_dim: int,
        expert_dims: Mapping[str, int],
        joint_dims: Sequence[int],
        text_clusters: int,
        text_ghost_clusters: int,
        video_clusters: Mapping[str, int],
    ) -> None:
        super().__init__()
        self.experts = tuple(expert_dims)
        text_pooling = NetVLAD(token_dim, text_clusters, text_ghost_clusters)
        self.caption_tower = CaptionTower(text_pooling, joint_dims)
        pooling = [
            NetVLAD(dim, video_clusters[name]) if name in video_clusters else MeanPooling(dim)
            for name, dim in expert_dims.items()
        ]
        self.pooling = nn.ModuleList(pooling)
        self.pooled_dims = [pool.out_dim for pool in pooling]

    @abstractmethod
    def embed_videos(self, pooled: Sequence[Tensor], available_BM: Tensor) -> Sequence[Tensor]:
        """M pooled features (B, D_m) -> M embeddings (B, E_m) of unit length."""

    def encode_captions(self, tokens: Sequences) -> CaptionEmbeddings:
        """Embed captions: all that a search needs at query time."""
        embedded: CaptionEmbeddings = self.caption_tower(tokens)
        return embedded

    def encode_videos(self, videos: Mapping[str, Sequences]) -> VideoEmbeddings:
        """Embed videos, given as expert name -> features."""
        ordered = [videos[name] for name in self.experts]
        available_BM = torch.stack([features.available_B for features in ordered], dim=1)
        pooled = [
            pool(features.values_BND, features.valid_BN)
            for pool, features in zip(self.pooling, ordered, strict=True)
        ]
        return VideoEmbeddings(self.embed_videos(pooled, available_BM), available_BM)

    def forward(self, tokens: Sequences, videos: Mapping[str, Sequences]) -> Tensor:
        """(Q, G) similarities of captions and videos."""
        return mixture_similarity(self.encode_captions(tokens), self.encode_videos(videos))


class MixtureOfEmbeddingExperts(RetrievalModel):
    """MoEE (Miech et al., 2018): a gated unit per expert, joint spaces as wide as the features."""

    def __init__(
        self,
        *,
        token_dim: int,
        expert_dims: Mapping[str, int],
        text_clusters: int,
        text_ghost_clusters: int,
        video_clusters: Mapping[str, int],
    ) -> None:
        super().__init__(
            token_dim=token_dim,
            expert_dims=expert_dims,
            joint_dims=list(expert_dims.values()),
            text_clusters=text_clusters,
            text_ghost_clusters=text_ghost_clusters,
            video_clusters=video_clusters,
        )
        self.embed = nn.ModuleList(
            GatedEmbeddingUnit(pooled_dim, dim)
            for pooled_dim, dim in zip(self.pooled_dims, expert_dims.values(), strict=True)
        )

    def embed_videos(self, pooled: Sequence[Tensor], available_BM: Tensor) -> Sequence[Tensor]:
        """One gated embedding unit per expert."""
        return [
            unit(features, available)
            for unit, features, available in zip(self.embed, pooled, available_BM.T, strict=True)
        ]


class CollaborativeExperts(RetrievalModel):
    """CE (Liu et al., 2019): experts share a width and gate each other."""

    def __init__(
        self,
        *,
        token_dim: int,
        expert_dims: Mapping[str, int],
        shared_dim: int,
        text_clusters: int,
        text_ghost_clusters: int,
        video_clusters: Mapping[str, int],
    ) -> None:
        super().__init__(
            token_dim=token_dim,
            expert_dims=expert_dims,
            joint_dims=[shared_dim] * len(expert_dims),
            text_clusters=text_clusters,
            text_ghost_clusters=text_ghost_clusters,
            video_clusters=video_clusters,
        )
        self.reduce = nn.ModuleList(nn.Linear(dim, shared_dim) for dim in self.pooled_dims)
        self.gating = CollaborativeGating(shared_dim, len(expert_dims))

    def embed_videos(self, pooled: Sequence[Tensor], available_BM: Tensor) -> Sequence[Tensor]:
        """Reduce every expert to the shared width, then let the experts gate each other."""
        reduced = [
            F.normalize(reduce(features), dim=-1)
            for reduce, features in zip(self.reduce, pooled, strict=True)
        ]
        gated_BMD = self.gating(torch.stack(reduced, dim=1), available_BM)
        return list(gated_BMD.unbind(dim=1))


def build_model(
    settings: ArchitectureSettings, *, token_dim: int, expert_dims: Mapping[str, int]
) -> RetrievalModel:
    """Build the model that `models` in config.yaml describes.

    Args:
        settings: family and sizes; CE reads ``shared_dim``, MoEE has none.
        token_dim: width of the text encoder's token vectors.
        expert_dims: expert name -> raw width, in the order of the mixture weights.
    """
    families: dict[Architecture, Callable[..., RetrievalModel]] = {
        "MixtureOfEmbeddingExperts": MixtureOfEmbeddingExperts,
        "CollaborativeExperts": partial(CollaborativeExperts, shared_dim=settings.shared_dim),
    }
    return families[settings.architecture](
        token_dim=token_dim,
        expert_dims=expert_dims,
        text_clusters=settings.text_clusters,
        text_ghost_clusters=settings.text_ghost_clusters,
        video_clusters=settings.video_clusters,
    )
