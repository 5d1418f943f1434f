"""Captions and videos as a pretrained network places them in its joint space. No parameters.

Shape suffixes: B batch, N tokens or rows, D width of the joint space, M experts.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from teachtext.models.base import RetrievalModel
from teachtext.models.pooling import MeanPooling
from teachtext.models.sequences import Sequences
from teachtext.models.similarity import CaptionEmbeddings


class CaptionVector(nn.Module):
    """The unit vector of a caption, the same for every expert, all of which weigh the same."""

    weights_M: Tensor

    def __init__(self, dim: int, experts: int) -> None:
        super().__init__()
        self.mean = MeanPooling(dim)
        # of the model's state, so that it has a device and something to save
        self.register_buffer("weights_M", torch.full((experts,), 1 / experts))

    def forward(self, tokens: Sequences) -> CaptionEmbeddings:
        """Embed captions of one vector each."""
        unit_BD = F.normalize(self.mean(tokens.values_BND, tokens.valid_BN), dim=-1)
        weights_BM = self.weights_M.expand(len(unit_BD), -1)
        return CaptionEmbeddings([unit_BD] * len(self.weights_M), weights_BM)


class ZeroShot(RetrievalModel):
    """Cosine of a caption and the mean of a video's unit rows (Luo et al., 2022: CLIP4Clip).

    Several experts count alike. A video that lacks some is seen through the others; one that
    lacks all scores -1, the least possible.
    """

    def __init__(self, experts: Sequence[str], *, dim: int) -> None:
        """Make the model.

        Args:
            experts: Names of the experts.
            dim: Width of the joint space.
        """
        super().__init__(experts, CaptionVector(dim, len(experts)))
        self.mean = MeanPooling(dim)

    def embed_videos(
        self,
        features: Sequence[Sequences],
        available_BM: Tensor,  # noqa: ARG002 - what is missing pools to zeros, and is masked later
    ) -> Sequence[Tensor]:
        """Features of M experts -> M embeddings (B, D) of unit length."""
        return [self._embed(rows) for rows in features]

    def _embed(self, rows: Sequences) -> Tensor:
        units_BND = F.normalize(rows.values_BND, dim=-1)
        return F.normalize(self.mean(units_BND, rows.valid_BN), dim=-1)
