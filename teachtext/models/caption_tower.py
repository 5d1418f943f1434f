"""The caption tower of all models: tokens in, an embedding per expert and mixture weights out.

Shape suffixes: B batch, D pooled width, E the widths of all experts in a row. Captions are never
missing, so their batch norms need no masks.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from teachtext.models.norm import MaskedBatchNorm
from teachtext.models.pooling import Pooling
from teachtext.models.sequences import Sequences
from teachtext.models.similarity import CaptionEmbeddings


class GatedEmbeddings(nn.Module):
    """A gated embedding unit per expert, all of the same input (Miech et al., 2018).

    The projections are one matrix and the channels of a batch norm know nothing of each other, so
    all units are computed at once.
    """

    def __init__(self, in_dim: int, out_dims: Sequence[int]) -> None:
        super().__init__()
        self.out_dims = list(out_dims)
        self.project = nn.Linear(in_dim, sum(out_dims))
        self.contexts = nn.ModuleList(nn.Linear(dim, dim) for dim in out_dims)
        self.norm = MaskedBatchNorm(sum(out_dims))

    def forward(self, inputs_BD: Tensor) -> list[Tensor]:
        """(B, in_dim) -> per expert (B, out_dim) unit vectors."""
        projected_BE = self.project(inputs_BD)
        # of slices that are not copied, torch.compile loses track in the backward pass on a CPU
        parts = [part.contiguous() for part in projected_BE.split(self.out_dims, dim=1)]
        contexts = [context(part) for context, part in zip(self.contexts, parts, strict=True)]
        gated_BE = projected_BE * self.norm(torch.cat(contexts, dim=1)).sigmoid()
        return [F.normalize(part, dim=-1) for part in gated_BE.split(self.out_dims, dim=1)]


class LearnedWeights(nn.Module):
    """Mixture weights that a caption asks for: a softmax over the experts."""

    def __init__(self, in_dim: int, experts: int, *, dropout: float = 0.0) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.weigh = nn.Linear(in_dim, experts)

    def forward(self, pooled_BD: Tensor) -> Tensor:
        """(B, in_dim) -> (B, experts), rows sum to 1."""
        logits: Tensor = self.weigh(self.dropout(pooled_BD))
        return logits.float().softmax(dim=-1)


class UniformWeights(nn.Module):
    """The same weight for every expert, whatever the caption."""

    def __init__(self, experts: int) -> None:
        super().__init__()
        self.experts = experts

    def forward(self, pooled_BD: Tensor) -> Tensor:
        """(B, in_dim) -> (B, experts), rows sum to 1."""
        return pooled_BD.new_full((len(pooled_BD), self.experts), 1 / self.experts)


class CaptionTower(nn.Module):
    """Pool a caption's tokens, embed the result once per expert, weigh the experts.

    Args:
        pooling: Pooling of the tokens.
        joint_dims: Width of each expert's joint space.
        weights: Module that computes the mixture weights of the experts.
    """

    def __init__(
        self,
        pooling: Pooling,
        joint_dims: Sequence[int],
        weights: LearnedWeights | UniformWeights,
    ) -> None:
        super().__init__()
        self.pooling = pooling
        self.embed = GatedEmbeddings(pooling.out_dim, joint_dims)
        self.weights = weights

    def forward(self, tokens: Sequences) -> CaptionEmbeddings:
        """Embed captions."""
        pooled_BD = self.pooling(tokens.values_BND, tokens.valid_BN)
        return CaptionEmbeddings(self.embed(pooled_BD), self.weights(pooled_BD))
