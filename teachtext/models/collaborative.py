"""Collaborative gating of Collaborative Experts (Liu et al., 2019).

Shape suffixes: B batch, M experts, D shared width, P pairs of available experts in the batch.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from teachtext.models.gating import ReasoningGatedEmbeddingUnit


class PairNetwork(nn.Module):
    """What one expert has to say to another: an MLP on the concatenated pair."""

    def __init__(self, dim: int, layers: int = 3) -> None:
        super().__init__()
        self.pair = nn.Linear(2 * dim, dim)
        self.norms = nn.ModuleList(nn.BatchNorm1d(dim) for _ in range(layers - 1))
        self.layers = nn.ModuleList(nn.Linear(dim, dim) for _ in range(layers - 1))

    def forward(self, pairs_PD: Tensor) -> Tensor:
        """(P, 2 D) -> (P, D)."""
        hidden: Tensor = self.pair(pairs_PD)
        for norm, layer in zip(self.norms, self.layers, strict=True):
            hidden = layer(F.mish(norm(hidden)))
        return hidden


class CollaborativeGating(nn.Module):
    """Gate every expert's embedding by the mean message of all available experts, self included.

    All messages are computed from the ungated embeddings, so the order of the experts means
    nothing; pairs with a missing expert are never computed.
    """

    def __init__(self, dim: int, experts: int) -> None:
        super().__init__()
        self.messages = PairNetwork(dim)
        self.gates = nn.ModuleList(ReasoningGatedEmbeddingUnit(dim) for _ in range(experts))

    def forward(self, embeddings_BMD: Tensor, available_BM: Tensor) -> Tensor:
        """(B, M, D) unit vectors and (B, M) bool -> (B, M, D) gated unit vectors."""
        pairs_BMM = available_BM[:, :, None] & available_BM[:, None, :]
        video, receiver, sender = pairs_BMM.nonzero(as_tuple=True)
        pairs_PD = torch.cat([embeddings_BMD[video, receiver], embeddings_BMD[video, sender]], 1)
        sums = torch.zeros_like(embeddings_BMD)
        sums = sums.index_put((video, receiver), self.messages(pairs_PD), accumulate=True)
        others_BMD = sums / pairs_BMM.sum(dim=2).clamp(min=1)[..., None]
        gated = [
            gate(embeddings_BMD[:, m], others_BMD[:, m], available_BM[:, m])
            for m, gate in enumerate(self.gates)
        ]
        return torch.stack(gated, dim=1)
