"""Mean pooling, the counterpart of NetVLAD. Shape suffixes: B batch, N rows, D dim."""

from torch import Tensor, nn


class MeanPooling(nn.Module):
    """Average of the rows of each sequence, as the paper does with frame features."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.out_dim = dim

    def forward(self, values_BND: Tensor, valid_BN: Tensor) -> Tensor:
        """(B, N, D) -> (B, D); zeros for an empty sequence."""
        weights_BN1 = valid_BN[..., None].to(values_BND.dtype)
        return (values_BND * weights_BN1).sum(dim=1) / weights_BN1.sum(dim=1).clamp(min=1)
