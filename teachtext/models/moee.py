"""Mixture of Embedding Experts (Miech et al., 2018): every expert by itself.

Shape suffixes: B batch, M experts.
"""

from collections.abc import Sequence

from torch import Tensor, nn

from teachtext.models.base import RetrievalModel
from teachtext.models.caption_tower import CaptionTower
from teachtext.models.gating import GatedEmbeddingUnit
from teachtext.models.norm import MaskedBatchNorm
from teachtext.models.pooling import Pooling
from teachtext.models.sequences import Sequences


class MixtureOfEmbeddingExperts(RetrievalModel):
    """MoEE: a gated embedding unit per expert.

    Args:
        experts: Names of the experts, in the order of the mixture weights.
        caption_tower: Module that embeds captions.
        pooling: Pooling of each expert's rows.
        joint_dims: Width of each expert's joint space.
        norm: Class of batch norm, which determines the rows that batch statistics include.
    """

    def __init__(
        self,
        experts: Sequence[str],
        caption_tower: CaptionTower,
        *,
        pooling: Sequence[Pooling],
        joint_dims: Sequence[int],
        norm: type[MaskedBatchNorm],
    ) -> None:
        super().__init__(experts, caption_tower)
        self.pooling = nn.ModuleList(pooling)
        self.embed = nn.ModuleList(
            GatedEmbeddingUnit(pool.out_dim, dim, norm)
            for pool, dim in zip(pooling, joint_dims, strict=True)
        )

    def embed_videos(self, features: Sequence[Sequences], available_BM: Tensor) -> Sequence[Tensor]:
        """Pool every expert's rows, then embed them by its unit."""
        parts = zip(self.pooling, self.embed, features, available_BM.T, strict=True)
        return [
            embed(pool(rows.values_BND, rows.valid_BN), available_B)
            for pool, embed, rows, available_B in parts
        ]
