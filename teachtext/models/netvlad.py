"""NetVLAD pooling of token sequences. Shape suffixes: B batch, N tokens, D dim, K clusters."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from teachtext.models.norm import MaskedBatchNorm
from teachtext.models.pooling import Pooling

SHORTEST = 1e-12
"""A residual shorter than this is not stretched to a unit vector."""


class NetVLAD(Pooling):
    """Soft-assign tokens to clusters and sum their residuals (Arandjelovic et al., 2016).

    Ghost clusters take part in the assignment and are then dropped, so they absorb tokens that
    mean nothing (Zhong et al., 2018). Padding takes no part in anything.
    """

    def __init__(self, dim: int, clusters: int, ghost_clusters: int = 0) -> None:
        super().__init__(dim * clusters)
        self.clusters = clusters
        self.assignment = nn.Parameter(torch.empty(dim, clusters + ghost_clusters))
        self.centres = nn.Parameter(torch.empty(dim, clusters))
        for weights in (self.assignment, self.centres):
            nn.init.normal_(weights, std=dim**-0.5)
        self.norm = MaskedBatchNorm(clusters + ghost_clusters)

    def forward(self, tokens_BND: Tensor, valid_BN: Tensor) -> Tensor:
        """(B, N, D) -> (B, D * K) unit vectors; zeros for an empty sequence."""
        logits = self.norm(tokens_BND @ self.assignment, valid_BN)
        assigned_BNK = logits.softmax(dim=-1)[..., : self.clusters] * valid_BN[..., None]
        mass_B1K = assigned_BNK.sum(dim=1, keepdim=True)
        sums_BDK = tokens_BND.transpose(1, 2) @ assigned_BNK
        residuals_BDK = torch.addcmul(sums_BDK, mass_B1K, self.centres, value=-1)
        return _normalized(residuals_BDK).flatten(1)


def _normalized(residuals_BDK: Tensor) -> Tensor:
    """Each cluster's residual as a unit vector, then all of them together as one.

    Both lengths follow from those of the clusters, so the large tensor is divided once.
    """
    lengths_B1K = torch.linalg.vector_norm(residuals_BDK, dim=1, keepdim=True)
    clamped_B1K = lengths_B1K.clamp_min(SHORTEST)
    whole_B11 = torch.linalg.vector_norm(lengths_B1K / clamped_B1K, dim=2, keepdim=True)
    scale_B1K: Tensor = (clamped_B1K * whole_B11.clamp_min(SHORTEST)).reciprocal()
    return residuals_BDK * scale_B1K


class PaddedNetVLAD(NetVLAD):
    """The authors': sequences are padded with zeros to a fixed length, and padding takes part.

    Args:
        dim: Width of a token.
        clusters: Number of clusters whose residuals are returned.
        ghost_clusters: Number of clusters that only absorb tokens.
        padded_to: Number of tokens that every sequence is padded to.
    """

    def __init__(self, dim: int, clusters: int, ghost_clusters: int = 0, *, padded_to: int) -> None:
        super().__init__(dim, clusters, ghost_clusters)
        self.padded_to = padded_to

    def forward(self, tokens_BND: Tensor, valid_BN: Tensor) -> Tensor:
        """(B, N, D) -> (B, D * K) unit vectors.

        Raises:
            ValueError: N is more than ``padded_to``.
        """
        missing = self.padded_to - tokens_BND.shape[1]
        if missing < 0:
            raise ValueError(
                f"Sequences of {tokens_BND.shape[1]} tokens do not fit a NetVLAD padded to "
                f"{self.padded_to}. Cut them, or build the model with legacy: false."
            )
        present_BN = F.pad(torch.ones_like(valid_BN), (0, missing), value=True)
        return super().forward(F.pad(tokens_BND, (0, 0, 0, missing)), present_BN)
