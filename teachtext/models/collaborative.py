"""Collaborative Experts (Liu et al., 2019): experts share a width and gate each other.

Shape suffixes: B batch, M experts, D shared width.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from teachtext.models.base import RetrievalModel
from teachtext.models.caption_tower import CaptionTower
from teachtext.models.gating import ReasoningGatedEmbeddingUnit
from teachtext.models.norm import MaskedBatchNorm, UnmaskedBatchNorm
from teachtext.models.pooling import Pooling
from teachtext.models.sequences import Sequences


class PairNetwork(nn.Module):
    """What one expert has to say to another: an MLP on the concatenated pair."""

    def __init__(self, dim: int, norm: type[MaskedBatchNorm] = MaskedBatchNorm) -> None:
        super().__init__()
        self.pair = nn.Linear(2 * dim, dim)
        self.norms = nn.ModuleList(norm(dim) for _ in range(2))
        self.middle = nn.Linear(dim, dim)
        self.last = nn.Linear(dim, dim)

    def listen(self, receivers: Tensor, senders: Tensor, valid: Tensor | None = None) -> Tensor:
        """What the last layer makes messages of.

        The first layer is linear in both halves of a pair, so each expert passes it once however
        many pairs it is in.

        Args:
            receivers: (..., D) Embeddings of the receiving experts.
            senders: (..., D) Embeddings of the sending experts; leading shapes broadcast to that of
                the pairs.
            valid: (...) True for pairs that exist; None for all.
        """
        to_receiver, to_sender = self.pair.weight.chunk(2, dim=1)
        pairs = F.linear(receivers, to_receiver) + F.linear(senders, to_sender, self.pair.bias)
        hidden = self.middle(F.mish(self.norms[0](pairs, valid)))
        return F.mish(self.norms[1](hidden, valid))

    def forward(self, receivers: Tensor, senders: Tensor) -> Tensor:
        """(..., D) and (..., D) -> (..., D) messages."""
        messages: Tensor = self.last(self.listen(receivers, senders))
        return messages


class CollaborativeGating(nn.Module):
    """Gate every expert's embedding by the mean message of all available experts, self included.

    All messages are computed from the ungated embeddings, so the order of the experts means
    nothing, and pairs with a missing expert are not heard.
    """

    def __init__(self, dim: int, experts: int) -> None:
        super().__init__()
        self.messages = PairNetwork(dim)
        self.gates = nn.ModuleList(ReasoningGatedEmbeddingUnit(dim) for _ in range(experts))

    def forward(self, embeddings_BMD: Tensor, available_BM: Tensor) -> Tensor:
        """(B, M, D) unit vectors and (B, M) bool -> (B, M, D) gated unit vectors."""
        pairs_BMM = available_BM[:, :, None] & available_BM[:, None, :]
        heard = self.messages.listen(embeddings_BMD[:, :, None], embeddings_BMD[:, None], pairs_BMM)
        shares_BMM = pairs_BMM / pairs_BMM.sum(dim=2, keepdim=True).clamp(min=1)
        # the last layer is linear: the mean message is the message of the mean
        others_BMD = self.messages.last((shares_BMM[:, :, None] @ heard)[:, :, 0])
        gated = [
            gate(embeddings_BMD[:, m], others_BMD[:, m], available_BM[:, m])
            for m, gate in enumerate(self.gates)
        ]
        return torch.stack(gated, dim=1)


class SequentialCollaborativeGating(nn.Module):
    """The authors' gating: an expert hears those before it as they are after their own gating.

    So the order of the experts matters. Batch norms see missing experts, too, and those of the
    pair network see one pair of experts at a time.
    """

    def __init__(self, dim: int, experts: int) -> None:
        super().__init__()
        self.messages = PairNetwork(dim, UnmaskedBatchNorm)
        self.gates = nn.ModuleList(
            ReasoningGatedEmbeddingUnit(dim, UnmaskedBatchNorm) for _ in range(experts)
        )

    def forward(self, embeddings_BMD: Tensor, available_BM: Tensor) -> Tensor:
        """(B, M, D) unit vectors and (B, M) bool -> (B, M, D) gated unit vectors."""
        current = list(embeddings_BMD.unbind(dim=1))
        available_MB1 = available_BM.T[..., None].to(embeddings_BMD.dtype)
        for m, gate in enumerate(self.gates):
            messages = [self.messages(current[m], sender) for sender in current]
            pairs_MB1 = available_MB1 * available_MB1[m]
            total_BD = (torch.stack(messages) * pairs_MB1).sum(dim=0)
            others_BD = total_BD / pairs_MB1.sum(dim=0).clamp(min=1)
            current[m] = gate(current[m], others_BD, available_BM[:, m])
        return torch.stack(current, dim=1)


class CollaborativeExperts(RetrievalModel):
    """CE: reduce every expert to the shared width, then let the experts gate each other.

    Args:
        experts: Names of the experts, in the order of the mixture weights.
        caption_tower: Module that embeds captions.
        pooling: Pooling of each expert's rows.
        shared_dim: Width of the joint spaces.
        gating: Module by which the experts gate each other.
    """

    def __init__(
        self,
        experts: Sequence[str],
        caption_tower: CaptionTower,
        *,
        pooling: Sequence[Pooling],
        shared_dim: int,
        gating: CollaborativeGating | SequentialCollaborativeGating,
    ) -> None:
        super().__init__(experts, caption_tower)
        self.pooling = nn.ModuleList(pooling)
        self.reduce = nn.ModuleList(nn.Linear(pool.out_dim, shared_dim) for pool in pooling)
        self.gating = gating

    def embed_videos(self, features: Sequence[Sequences], available_BM: Tensor) -> Sequence[Tensor]:
        """Pool every expert's rows and reduce them, then gate."""
        reduced = [
            F.normalize(reduce(pool(rows.values_BND, rows.valid_BN)), dim=-1)
            for pool, reduce, rows in zip(self.pooling, self.reduce, features, strict=True)
        ]
        gated_BMD: Tensor = self.gating(torch.stack(reduced, dim=1), available_BM)
        return list(gated_BMD.unbind(dim=1))
