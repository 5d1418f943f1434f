"""NetVLAD pooling of token sequences. Shape suffixes: B batch, N tokens, D dim, K clusters."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from teachtext.models.norm import MaskedBatchNorm


class NetVLAD(nn.Module):
    """Soft-assign tokens to clusters and sum their residuals (Arandjelovic et al., 2016).

    Ghost clusters take part in the assignment and are then dropped, so they absorb tokens that
    mean nothing (Zhong et al., 2018). Padding takes no part in anything.
    """

    def __init__(self, dim: int, clusters: int, ghost_clusters: int = 0) -> None:
        super().__init__()
        scale = dim**-0.5
        self.clusters = clusters
        self.out_dim = dim * clusters
        self.assignment = nn.Parameter(scale * torch.randn(dim, clusters + ghost_clusters))
        self.centres = nn.Parameter(scale * torch.randn(dim, clusters))
        self.norm = MaskedBatchNorm(clusters + ghost_clusters)

    def forward(self, tokens_BND: Tensor, valid_BN: Tensor) -> Tensor:
        """Pool each sequence to a unit vector.

        Args:
            tokens_BND: token vectors, padded.
            valid_BN: which of them are tokens.

        Returns:
            (B, D * K); zeros for a sequence without tokens.
        """
        logits = self.norm(tokens_BND @ self.assignment, valid_BN)
        assigned_BNK = logits.softmax(dim=-1)[..., : self.clusters] * valid_BN[..., None]
        mass_B1K = assigned_BNK.sum(dim=1, keepdim=True)
        residuals_BDK = tokens_BND.transpose(1, 2) @ assigned_BNK - mass_B1K * self.centres
        return F.normalize(F.normalize(residuals_BDK, dim=1).flatten(1), dim=1)
