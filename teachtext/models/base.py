"""What all retrieval models are: a caption tower and videos that meet in one space per expert."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from itertools import chain

import torch
from torch import Tensor, nn

from teachtext.models.sequences import Sequences
from teachtext.models.similarity import (
    CaptionEmbeddings,
    VideoEmbeddings,
    mixture_contributions,
    mixture_similarity,
)


class RetrievalModel(nn.Module, ABC):
    """Captions and videos in, similarities out.

    Args:
        experts: Names of the experts, in the order of the mixture weights.
        caption_tower: Module that embeds captions: ``Sequences`` in, ``CaptionEmbeddings`` out.
    """

    def __init__(self, experts: Sequence[str], caption_tower: nn.Module) -> None:
        super().__init__()
        self.experts = tuple(experts)
        self.caption_tower = caption_tower

    @property
    def device(self) -> torch.device:
        """Where its numbers are, learned or not."""
        return next(chain(self.parameters(), self.buffers())).device

    @abstractmethod
    def embed_videos(self, features: Sequence[Sequences], available_BM: Tensor) -> Sequence[Tensor]:
        """Features of M experts -> M embeddings (B, E_m) of unit length.

        Args:
            features: Features of each expert, in the order of ``experts``.
            available_BM: (B, M) True for the experts that a video has.
        """

    def counted(self, available_BM: Tensor) -> Tensor:
        """(B, M) which experts count in the similarities of a video, of those that it has."""
        return available_BM

    def encode_captions(self, tokens: Sequences) -> CaptionEmbeddings:
        """Embed captions: all that a search needs at query time."""
        embedded: CaptionEmbeddings = self.caption_tower(tokens)
        return embedded

    def encode_videos(self, videos: Mapping[str, Sequences]) -> VideoEmbeddings:
        """Embed videos, given as expert name -> features."""
        features = [videos[name] for name in self.experts]
        available_BM = torch.stack([rows.available_B for rows in features], dim=1)
        return VideoEmbeddings(self.embed_videos(features, available_BM), available_BM)

    def similarity(self, captions: CaptionEmbeddings, videos: VideoEmbeddings) -> Tensor:
        """(Q, G) similarities of what this model embedded."""
        return mixture_similarity(captions, videos)

    def contributions(self, captions: CaptionEmbeddings, videos: VideoEmbeddings) -> Tensor:
        """(Q, M) what each expert adds to the similarity of caption q and video q."""
        return mixture_contributions(captions, videos)

    def forward(self, tokens: Sequences, videos: Mapping[str, Sequences]) -> Tensor:
        """(Q, G) similarities of captions and videos."""
        return self.similarity(self.encode_captions(tokens), self.encode_videos(videos))
