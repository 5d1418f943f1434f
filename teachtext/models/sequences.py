"""Padded sequences with their mask. Shape suffixes: B batch, N rows, D dim."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Sequences:
    """A batch of sequences of different lengths.

    Attributes:
        values_BND: (B, N, D) Values, zero-padded to the longest sequence.
        valid_BN: (B, N) True for rows of data; a row of only False is a missing sequence.
        seconds_BN: (B, N) Start of each row within the video in seconds; None if not needed.
    """

    values_BND: Tensor
    valid_BN: Tensor
    seconds_BN: Tensor | None = None

    @property
    def available_B(self) -> Tensor:
        """Which sequences have at least one row."""
        return self.valid_BN.any(dim=1)

    def to(self, device: torch.device) -> "Sequences":
        """The same batch on a device."""
        seconds = self.seconds_BN
        return Sequences(
            self.values_BND.to(device, non_blocking=True),
            self.valid_BN.to(device, non_blocking=True),
            None if seconds is None else seconds.to(device, non_blocking=True),
        )
