"""Batch normalisation over the rows that exist. Shape suffixes: R = rows, D = dim."""

import torch
from torch import Tensor, nn


class MaskedBatchNorm(nn.BatchNorm1d):
    """BatchNorm1d whose statistics see only rows that hold data; other rows become zero.

    Padding and experts that a video lacks would otherwise shift the statistics of every row.
    """

    def forward(self, rows_RD: Tensor, valid_R: Tensor) -> Tensor:  # type: ignore[override]
        """Normalise.

        Args:
            rows_RD: (..., D) any leading shape.
            valid_R: (...) bool, the same leading shape.
        """
        normalized = torch.zeros_like(rows_RD)
        valid_rows = rows_RD[valid_R]
        # one row has no variance: torch refuses it in training, so the running statistics serve
        if self.training and len(valid_rows) < 2:
            normalized[valid_R] = nn.functional.batch_norm(
                valid_rows, self.running_mean, self.running_var, self.weight, self.bias
            )
        else:
            normalized[valid_R] = super().forward(valid_rows)
        return normalized
