"""What a text encoder learns from captions. Networks and token ids in, losses out; no files.

Every process computes the loss of the whole batch, of which it forwards a part.
"""

# Shape suffixes: B = captions or videos of a batch, N = tokens, V = vocabulary, D = width of a
# token vector.
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from teachtext.runtime.distributed import Processes, gather_rows, is_shared, sum_over_processes
from teachtext.text.encoders.caption_tokens import CaptionTokens, TokenBatch
from teachtext.training.losses import info_nce_loss

IGNORED = -100
"""The target of a token that nothing is to be guessed of."""
REPLACED = 0.8
SWAPPED = 0.1
"""Of the tokens to guess: shown as the mask, shown as any other; the rest stay (Devlin, 2019)."""

Riddle = tuple[Tensor, Tensor]
"""(B, N) token ids as the network sees them, and what it shall guess or ``IGNORED``."""
Riddler = Callable[[TokenBatch, np.random.Generator], Riddle]


class Objective(Protocol):
    """What is learned from the training captions, and measured on those of val."""

    @property
    def smallest_batch(self) -> int:
        """Minimum number of items in a batch; smaller batches are no use for learning."""

    @property
    def items(self) -> int:
        """Number of items that an epoch passes over: training captions, or videos."""

    def loss(
        self, model: nn.Module, chosen: NDArray[np.int64], generator: np.random.Generator
    ) -> Tensor:
        """Loss of a batch of items, given by their indices."""

    def held_out(self, model: nn.Module) -> float | None:
        """Loss on val, of a network in evaluation mode; None if val is too small."""


def next_tokens(batch: TokenBatch, generator: np.random.Generator) -> Riddle:  # noqa: ARG001
    """Every token is to be guessed from those before it.

    Args:
        batch: Token ids of captions.
        generator: Unused random generator.
    """
    targets_BN = torch.full_like(batch.ids_BN, IGNORED)
    targets_BN[:, :-1] = batch.ids_BN[:, 1:].masked_fill(batch.mask_BN[:, 1:] == 0, IGNORED)
    return batch.ids_BN, targets_BN


@dataclass(frozen=True)
class MaskedTokens:
    """Some tokens are to be guessed from all others (BERT, Devlin et al., 2019).

    Attributes:
        mask_token: Id of the mask token.
        ordinary_V: (V,) All token ids except those of special tokens, ascending; only these are
            masked.
        fraction: Fraction of ordinary tokens to predict.
    """

    mask_token: int
    ordinary_V: NDArray[np.int64]
    fraction: float

    def __call__(self, batch: TokenBatch, generator: np.random.Generator) -> Riddle:
        """Of the tokens to guess, 80 % are masked, 10 % are swapped and 10 % are left alone."""
        ids_BN = batch.ids_BN.numpy()
        chance_BN, fate_BN = generator.random((2, *ids_BN.shape))
        others_BN = generator.choice(self.ordinary_V, ids_BN.shape)
        open_BN = np.isin(ids_BN, self.ordinary_V) & (batch.mask_BN.numpy() == 1)
        guessed_BN = open_BN & (chance_BN < self.fraction)
        shown_BN = np.where(guessed_BN & (fate_BN < REPLACED), self.mask_token, ids_BN)
        swapped_BN = guessed_BN & (fate_BN >= REPLACED) & (fate_BN < REPLACED + SWAPPED)
        shown_BN = np.where(swapped_BN, others_BN, shown_BN)
        targets_BN = np.where(guessed_BN, ids_BN, IGNORED)
        return torch.from_numpy(shown_BN), torch.from_numpy(targets_BN)


@dataclass(frozen=True)
class LanguageModelling:
    """Guessing tokens: mean cross-entropy of a batch's guesses.

    Attributes:
        train: Captions for training.
        val: Captions for validation.
        riddler: Function that chooses the tokens to predict.
        batch_size: Number of captions validated at a time.
        processes: Processes that share each batch.
        seed: Seed of the tokens masked in val, which are the same in every epoch.
    """

    smallest_batch: ClassVar = 1

    train: CaptionTokens
    val: CaptionTokens
    riddler: Riddler
    batch_size: int
    processes: Processes
    seed: int

    @property
    def items(self) -> int:
        """Number of training captions."""
        return len(self.train.captions)

    def loss(
        self, model: nn.Module, chosen: NDArray[np.int64], generator: np.random.Generator
    ) -> Tensor:
        """Cross-entropy of a token, mean over the guesses of a batch of captions."""
        batch = self.train.batch(chosen)
        riddle = self.riddler(batch, generator)
        guesses = int((riddle[1] != IGNORED).sum())
        part = self.processes.share(np.arange(len(chosen)))
        total = self._total(model, batch, riddle, part)
        return (sum_over_processes(total) if is_shared() else total) / max(guesses, 1)

    @torch.no_grad()
    def held_out(self, model: nn.Module) -> float | None:
        """Cross-entropy of a token, mean over all guesses of val."""
        total, guesses = 0.0, 0
        for number, chosen in enumerate(_blocks(len(self.val.captions), self.batch_size)):
            batch = self.val.batch(chosen)
            riddle = self.riddler(batch, np.random.default_rng([self.seed % 2**32, number]))
            total += self._total(model, batch, riddle, np.arange(len(chosen))).item()
            guesses += int((riddle[1] != IGNORED).sum())
        return total / guesses if guesses else None

    def _total(
        self, model: nn.Module, batch: TokenBatch, riddle: Riddle, rows: NDArray[np.int64]
    ) -> Tensor:
        shown = TokenBatch(riddle[0][rows], batch.mask_BN[rows])
        logits_BNV = model(**shown.inputs(self.processes.device)).logits
        return F.cross_entropy(
            logits_BNV.flatten(0, 1).float(),
            riddle[1][rows].to(self.processes.device).flatten(),
            ignore_index=IGNORED,
            reduction="sum",
        )


@dataclass(frozen=True)
class Contrastive:
    """Two captions of a video find each other among those of the batch (symmetric InfoNCE).

    A sentence is the mean of its token vectors. The captions of a video that has but one are that
    one twice, apart by dropout alone (SimCSE, Gao et al., 2021).

    Attributes:
        train: Captions for training.
        val: Captions for validation: the first two of each video that has at least two.
        batch_size: Number of videos validated at a time.
        processes: Processes that share each batch.
        temperature: Divisor of the cosine similarities.
    """

    smallest_batch: ClassVar = 2

    train: CaptionTokens
    val: CaptionTokens
    batch_size: int
    processes: Processes
    temperature: float

    @cached_property
    def _videos(self) -> list[NDArray[np.int64]]:
        return self.train.by_video()

    @property
    def items(self) -> int:
        """Number of videos with training captions."""
        return len(self._videos)

    def loss(
        self, model: nn.Module, chosen: NDArray[np.int64], generator: np.random.Generator
    ) -> Tensor:
        """InfoNCE of a batch of videos, two captions of each."""
        pairs = np.array([_pair(self._videos[video], generator) for video in chosen])
        gathered = gather_rows if is_shared() else _alone
        return self._loss(model, self.train.batch, self.processes.share(pairs), gathered)

    @torch.no_grad()
    def held_out(self, model: nn.Module) -> float | None:
        """InfoNCE of val, mean over its videos; in batches as large as those of training."""
        captions = [indices[:2] for indices in self.val.by_video() if len(indices) > 1]
        pairs = np.array(captions, dtype=np.int64).reshape(-1, 2)
        total, videos = 0.0, 0
        for chosen in _blocks(len(pairs), self.batch_size):
            if len(chosen) >= self.smallest_batch:
                loss = self._loss(model, self.val.batch, pairs[chosen], _alone)
                total, videos = total + loss.item() * len(chosen), videos + len(chosen)
        return total / videos if videos else None

    def _loss(
        self,
        model: nn.Module,
        batch_of: Callable[[NDArray[np.int64]], TokenBatch],
        pairs: NDArray[np.int64],
        gathered: Callable[[Tensor], Tensor],
    ) -> Tensor:
        batch = batch_of(pairs.T.ravel())
        halves = sentence_vectors(model, batch, self.processes.device).chunk(2)
        first_BD, second_BD = (gathered(half_BD) for half_BD in halves)
        return info_nce_loss(first_BD @ second_BD.T, temperature=self.temperature)


def sentence_vectors(model: nn.Module, batch: TokenBatch, device: torch.device) -> Tensor:
    """(B, D) means of the captions' token vectors, of length one.

    Args:
        model: Network that outputs token vectors.
        batch: Token ids of captions.
        device: Device of the network.
    """
    inputs = batch.inputs(device)
    output: Any = model(**inputs)
    states_BND = output.last_hidden_state.float() * inputs["attention_mask"][:, :, None]
    # the length of a sum is not told from that of a mean once it is one
    return F.normalize(states_BND.sum(dim=1), dim=1)


def _pair(captions: NDArray[np.int64], generator: np.random.Generator) -> NDArray[np.int64]:
    if len(captions) == 1:
        return captions.repeat(2)
    return generator.choice(captions, 2, replace=False)


def _alone(rows_BD: Tensor) -> Tensor:
    return rows_BD


def _blocks(count: int, size: int) -> list[NDArray[np.int64]]:
    return [np.arange(begin, min(begin + size, count)) for begin in range(0, count, size)]
