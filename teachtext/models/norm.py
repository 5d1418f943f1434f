"""Batch normalisation over the rows that exist. Shape suffixes: R = rows, D = dim."""

import torch
from torch import Tensor, nn

from teachtext.runtime.distributed import is_shared, sum_over_processes


class MaskedBatchNorm(nn.BatchNorm1d):
    """BatchNorm1d whose statistics see only rows that hold data.

    Padding and experts that a video lacks would otherwise shift the statistics of every row.
    Under autocast it computes in float32 all the same, because sums over a batch need it.
    """

    running_mean: Tensor
    running_var: Tensor
    num_batches_tracked: Tensor

    def forward(self, rows_RD: Tensor, valid_R: Tensor | None = None) -> Tensor:
        """Normalise.

        Args:
            rows_RD: (..., D) Rows, with any leading shape.
            valid_R: (...) True for valid rows, with the same leading shape; None for all. Outputs
                of the other rows have no meaning.
        """
        with torch.autocast(rows_RD.device.type, enabled=False):
            exact_RD = rows_RD.float().flatten(0, -2)
            if self.training:
                centred_RD, variance_D = self._statistics(exact_RD, valid_R)
            else:
                centred_RD, variance_D = exact_RD - self.running_mean, self.running_var
            scale_D = self.weight * (variance_D + self.eps).rsqrt()
            normalized_RD = torch.addcmul(self.bias, centred_RD, scale_D)
        return normalized_RD.view(rows_RD.shape).to(rows_RD.dtype)

    def _statistics(self, rows_RD: Tensor, valid_R: Tensor | None) -> tuple[Tensor, Tensor]:
        """Rows without their mean, and their variance; the running statistics follow."""
        weights_R = rows_RD.new_ones(len(rows_RD)) if valid_R is None else valid_R.flatten().float()
        count = _over_all_processes(weights_R.sum())
        # one row has no variance, so the running statistics serve; no branch, as the count of rows
        # lives on the device
        enough = count > 1
        mean_D = _over_all_processes(weights_R @ rows_RD) / count.clamp(min=1)
        mean_D = torch.where(enough, mean_D, self.running_mean)
        centred_RD = rows_RD - mean_D
        squares_D = _over_all_processes(weights_R @ centred_RD.square())
        variance_D = torch.where(enough, squares_D / count.clamp(min=1), self.running_var)
        with torch.no_grad():
            unbiased_D = torch.where(enough, squares_D / (count - 1).clamp(min=1), self.running_var)
            self.running_mean.lerp_(mean_D, self.momentum or 0.0)
            self.running_var.lerp_(unbiased_D, self.momentum or 0.0)
            self.num_batches_tracked.add_(enough)
        return centred_RD, variance_D


def _over_all_processes(sums: Tensor) -> Tensor:
    """The statistics are those of the whole batch, of which each process holds a part."""
    return sum_over_processes(sums) if is_shared() else sums


class UnmaskedBatchNorm(MaskedBatchNorm):
    """The authors': every row takes part, whether it holds data or not."""

    def forward(self, rows_RD: Tensor, valid_R: Tensor | None = None) -> Tensor:
        """Normalise; ``valid_R`` is for the other kind."""
        del valid_R
        return super().forward(rows_RD)
