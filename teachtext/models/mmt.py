"""Multi-Modal Transformer (Gabeur et al., 2020): one transformer reads the rows of all experts.

Shape suffixes: B batch, N rows of one expert, M experts, S tokens of a video, D raw width, E width.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from teachtext.models.base import RetrievalModel
from teachtext.models.caption_tower import CaptionTower
from teachtext.models.sequences import Sequences
from teachtext.models.similarity import (
    CaptionEmbeddings,
    VideoEmbeddings,
    full_mixture_contributions,
    full_mixture_similarity,
)
from teachtext.models.transformer import Encoder, initialize


class VideoTokens(nn.Module):
    """The sequence that the transformer reads: per expert a summary and its rows, and [CLS].

    A token is a projected feature of unit length plus embeddings of its expert and of the second
    that it starts in. A summary starts as the largest value of each column of its expert's rows,
    in second 0; [CLS] has no feature and is always there.

    Args:
        expert_dims: Raw width of each expert's rows.
        dim: Width of a token.
        positions: Number of distinct seconds; later rows share the last one.
        dropout: Dropout probability of the tokens.
    """

    def __init__(
        self, expert_dims: Sequence[int], dim: int, *, positions: int, dropout: float
    ) -> None:
        super().__init__()
        self.project = nn.ModuleList(nn.Linear(width, dim) for width in expert_dims)
        self.of_expert = nn.Embedding(len(expert_dims) + 1, dim)
        self.of_second = nn.Embedding(positions, dim)
        self.norm = nn.LayerNorm(dim, eps=1e-12)
        self.dropout = nn.Dropout(dropout)
        self.of_expert.apply(initialize)
        self.of_second.apply(initialize)

    def forward(self, features: Sequence[Sequences]) -> tuple[Tensor, Tensor]:
        """(B, S, E) tokens and (B, S) which there are: M summaries, [CLS], all rows."""
        parts = zip(self.project, features, self.of_expert.weight[:-1], strict=True)
        embedded = [self._embed(project, rows, kind_E) for project, rows, kind_E in parts]
        summaries = [tokens_BSE[:, :1] for tokens_BSE in embedded]
        rows = [tokens_BSE[:, 1:] for tokens_BSE in embedded]
        cls_E = self.of_expert.weight[-1] + self.of_second.weight[0]
        cls_B1E = cls_E.expand(len(summaries[0]), 1, -1)
        tokens_BSE = torch.cat([*summaries, cls_B1E, *rows], dim=1)
        available = [rows.available_B[:, None] for rows in features]
        always = torch.ones_like(available[0])
        present_BS = torch.cat([*available, always, *(rows.valid_BN for rows in features)], dim=1)
        return self.dropout(self.norm(tokens_BSE)), present_BS

    def _embed(self, project: nn.Module, rows: Sequences, kind_E: Tensor) -> Tensor:
        """(B, 1 + N, E) the summary of one expert and its rows."""
        values_BND = torch.cat([_largest(rows)[:, None], rows.values_BND], dim=1)
        seconds_BN = F.pad(_given_seconds(rows), (1, 0))
        positions_BN = seconds_BN.long().clamp(0, self.of_second.num_embeddings - 1)
        seconds_BNE: Tensor = self.of_second(positions_BN)
        return F.normalize(project(values_BND), dim=-1) + kind_E + seconds_BNE


def _largest(rows: Sequences) -> Tensor:
    """(B, D) the largest value of each column; zeros where there are no rows."""
    if not rows.values_BND.shape[1]:
        return rows.values_BND.new_zeros(len(rows.values_BND), rows.values_BND.shape[2])
    lowest_BND = rows.values_BND.masked_fill(~rows.valid_BN[..., None], -torch.inf)
    return torch.where(rows.available_B[:, None], lowest_BND.amax(dim=1), 0.0)


def _given_seconds(rows: Sequences) -> Tensor:
    if rows.seconds_BN is None:
        raise ValueError("MultiModalTransformer needs to know when rows start; give seconds_BN.")
    return rows.seconds_BN


class MultiModalTransformer(RetrievalModel):
    """MMT: an expert's embedding is what its summary has become after reading all rows.

    So a video has an embedding even of an expert that found nothing in it, and such experts keep
    their weight.

    Args:
        experts: Names of the experts, in the order of the mixture weights.
        caption_tower: Module that embeds captions.
        tokens: Module that turns a video's features into one sequence.
        encoder: Transformer that reads the sequence.
    """

    def __init__(
        self,
        experts: Sequence[str],
        caption_tower: CaptionTower,
        *,
        tokens: VideoTokens,
        encoder: Encoder,
    ) -> None:
        super().__init__(experts, caption_tower)
        self.tokens = tokens
        self.encoder = encoder

    def embed_videos(self, features: Sequence[Sequences], available_BM: Tensor) -> Sequence[Tensor]:
        """Read all rows, and take what the summaries have become."""
        tokens_BSE, present_BS = self.tokens(features)
        summaries_BME = self.encoder(tokens_BSE, present_BS, wanted=available_BM.shape[1])
        return list(F.normalize(summaries_BME, dim=-1).unbind(dim=1))

    def counted(self, available_BM: Tensor) -> Tensor:
        """(B, M) which experts count in the similarities of a video: all, if it has any."""
        return available_BM.any(dim=1, keepdim=True).expand_as(available_BM)

    def similarity(self, captions: CaptionEmbeddings, videos: VideoEmbeddings) -> Tensor:
        """(Q, G) similarities in which missing experts keep their weight."""
        return full_mixture_similarity(captions, videos)

    def contributions(self, captions: CaptionEmbeddings, videos: VideoEmbeddings) -> Tensor:
        """(Q, M) what each expert adds to the similarity of caption q and video q."""
        return full_mixture_contributions(captions, videos)
