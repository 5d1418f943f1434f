"""Poolings of token sequences that learn nothing. Shape suffixes: B batch, N tokens, D dim."""

from abc import ABC, abstractmethod

from torch import Tensor, nn


class Pooling(nn.Module, ABC):
    """Makes one vector of a sequence.

    Attributes:
        out_dim: Width of the pooled vector.
    """

    def __init__(self, out_dim: int) -> None:
        super().__init__()
        self.out_dim = out_dim

    @abstractmethod
    def forward(self, tokens_BND: Tensor, valid_BN: Tensor) -> Tensor:
        """Pool each sequence.

        Args:
            tokens_BND: (B, N, D) Token vectors, zero-padded.
            valid_BN: (B, N) True for tokens, False for padding.

        Returns:
            (B, out_dim); zeros for a sequence without tokens.
        """


class MeanPooling(Pooling):
    """Average of the tokens, as the paper does with frame features."""

    def forward(self, tokens_BND: Tensor, valid_BN: Tensor) -> Tensor:
        """(B, N, D) -> (B, D); zeros for an empty sequence."""
        weights_BN1 = valid_BN[..., None].to(tokens_BND.dtype)
        return (tokens_BND * weights_BN1).sum(dim=1) / weights_BN1.sum(dim=1).clamp(min=1)


class FirstPooling(Pooling):
    """The first token: [CLS] of BERT and its kin."""

    def forward(self, tokens_BND: Tensor, valid_BN: Tensor) -> Tensor:
        """(B, N, D) -> (B, D); zeros for an empty sequence."""
        return tokens_BND[:, 0] * valid_BN[:, :1]
