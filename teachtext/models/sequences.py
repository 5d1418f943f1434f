"""Padded sequences with their mask. Shape suffixes: B batch, N rows, D dim."""

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Sequences:
    """A batch of sequences of different lengths.

    Attributes:
        values_BND: zero-padded to the longest.
        valid_BN: which rows are data; a row of False is a missing sequence.
    """

    values_BND: Tensor
    valid_BN: Tensor

    @property
    def available_B(self) -> Tensor:
        """Which sequences have at least one row."""
        return self.valid_BN.any(dim=1)
