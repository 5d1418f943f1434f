"""Gated units. Shape suffixes: B = batch, D = dim."""

from torch import Tensor, nn
from torch.nn import functional as F

from teachtext.models.norm import MaskedBatchNorm


class GatedEmbeddingUnit(nn.Module):
    """Project, gate each dimension by its context, L2-normalise (Miech et al., 2018)."""

    def __init__(
        self, in_dim: int, out_dim: int, norm: type[MaskedBatchNorm] = MaskedBatchNorm
    ) -> None:
        super().__init__()
        self.project = nn.Linear(in_dim, out_dim)
        self.context = nn.Linear(out_dim, out_dim)
        self.norm = norm(out_dim)

    def forward(self, inputs_BD: Tensor, valid_B: Tensor) -> Tensor:
        """(B, in_dim) -> (B, out_dim) unit vectors; what rows that are not valid give is void."""
        projected = self.project(inputs_BD)
        gate = self.norm(self.context(projected), valid_B).sigmoid()
        return F.normalize(projected * gate, dim=-1)


class ReasoningGatedEmbeddingUnit(nn.Module):
    """Gate an embedding by itself and by what the other experts say (Liu et al., 2019)."""

    def __init__(self, dim: int, norm: type[MaskedBatchNorm] = MaskedBatchNorm) -> None:
        super().__init__()
        self.context = nn.Linear(dim, dim)
        self.norm_context = norm(dim)
        self.norm_others = norm(dim)

    def forward(self, inputs_BD: Tensor, others_BD: Tensor, valid_B: Tensor) -> Tensor:
        """(B, D) embeddings and (B, D) summary of the other experts -> (B, D) unit vectors."""
        gate = self.norm_others(others_BD, valid_B) + self.norm_context(
            self.context(inputs_BD), valid_B
        )
        return F.normalize(inputs_BD * gate.sigmoid(), dim=-1)
