"""Captions as the token ids of a pretrained tokeniser: ragged in memory, padded in batches."""

# Shape suffixes: B = captions of a batch, N = tokens.
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from transformers import AutoModel, AutoTokenizer, PreTrainedModel

from teachtext.pretrained.hub import Checkpoint, load_checkpoint, load_part
from teachtext.tables.dataset import Caption
from teachtext.text.encoders.checkpoints import (
    ROLE,
    TextCheckpoint,
    most_positions,
    text_tower,
)

WORDS_ONLY = ("t5", "mt5", "umt5", "xlnet")
"""Kinds of models whose captions get no special tokens, as in Collaborative Experts."""


@dataclass(frozen=True)
class TokenBatch:
    """Token ids of some captions, padded at the end.

    Attributes:
        ids_BN: (B, N) Token ids.
        mask_BN: (B, N) 1 for tokens, 0 for padding.
    """

    ids_BN: Tensor
    mask_BN: Tensor

    def inputs(self, device: torch.device) -> dict[str, Tensor]:
        """What a network of the transformers library takes, on its device."""
        return {"input_ids": self.ids_BN.to(device), "attention_mask": self.mask_BN.to(device)}


@dataclass(frozen=True)
class CaptionTokenizer:
    """Cuts captions into tokens, as one network wants them.

    Attributes:
        own: Tokeniser of the checkpoint.
        special: Whether captions get special tokens.
        lower_case: Whether captions are lower-cased first.
        max_tokens: Maximum number of tokens per caption, special tokens included; longer captions
            are truncated.
    """

    own: Any
    special: bool
    lower_case: bool
    max_tokens: int

    def cut(self, captions: Sequence[str]) -> list[list[int]]:
        """Token ids of each caption, at least one and at most ``max_tokens``."""
        return [ids or [self.end] for ids in self._ids(captions, self.max_tokens)]

    def count_longer(self, captions: Sequence[str]) -> int:
        """How many captions have more tokens than that."""
        return sum(len(ids) > self.max_tokens for ids in self._ids(captions, self.max_tokens + 1))

    def _ids(self, captions: Sequence[str], most: int) -> list[list[int]]:
        if not captions:
            return []
        ids: list[list[int]] = self.own(
            [caption.lower() if self.lower_case else caption for caption in captions],
            add_special_tokens=self.special,
            truncation=True,
            max_length=most,
            return_attention_mask=False,
        )["input_ids"]
        return ids

    @property
    def padding(self) -> int:
        """Fills batches."""
        pad = self.own.pad_token_id
        return self.end if pad is None else int(pad)

    @property
    def end(self) -> int:
        """Stands for an empty caption and fills batches where a model has no padding token."""
        own = self.own
        candidates = (own.eos_token_id, own.sep_token_id, own.pad_token_id, 0)
        return next(int(token) for token in candidates if token is not None)

    def pad(self, rows: Sequence[Sequence[int]]) -> TokenBatch:
        """A batch as long as its longest row.

        Padding is behind the tokens, whichever side the tokeniser would choose: positions count
        from 0.
        """
        tensors = [torch.tensor(ids) for ids in rows]
        ids_BN = pad_sequence(tensors, batch_first=True, padding_value=self.padding)
        lengths_B = torch.tensor([len(ids) for ids in rows])
        return TokenBatch(ids_BN, (torch.arange(ids_BN.shape[1]) < lengths_B[:, None]).long())


def load_network(
    found: TextCheckpoint,
    *,
    max_tokens: int,
    precision: str,
    device: str,
    kind: type[PreTrainedModel] = AutoModel,
    may_lack: Sequence[str],
) -> tuple[Checkpoint, CaptionTokenizer]:
    """Load the network of a checkpoint, and its tokeniser with every limit that anything sets.

    Args:
        found: Place of the checkpoint and facts that it states about its input.
        max_tokens: Limit set in config.yaml.
        precision: Precision of weights and activations.
        device: Device to load it on, such as ``cpu`` or ``cuda``.
        kind: Class of the library to load it as.
        may_lack: Substrings of the names of parameters that may be absent from the checkpoint.

    Raises:
        ConfigError: There is no such checkpoint, or it needs code of its own.
    """
    # captions are cut at their end, whatever a tokeniser's own file says
    own = load_part(AutoTokenizer, found.place, ROLE, truncation_side="right")
    loaded = load_checkpoint(
        found.place, ROLE, kind=kind, precision=precision, device=device, may_lack=may_lack
    )
    config: Any = loaded.model.config
    positions = most_positions(text_tower(loaded.model), config.get_text_config())
    limits = (found.max_tokens, positions, own.model_max_length)
    most = min(max_tokens, *(int(limit) for limit in limits if limit is not None))
    special = config.model_type not in WORDS_ONLY
    return loaded, CaptionTokenizer(own, special, found.lower_case, most)


@dataclass(frozen=True)
class CaptionTokens:
    """The token ids of captions.

    Attributes:
        captions: Captions, each with its video and split.
        ids: Token ids of each caption.
        tokenizer: Tokeniser that made the token ids.
    """

    captions: Sequence[Caption]
    ids: Sequence[Sequence[int]]
    tokenizer: CaptionTokenizer

    def batch(self, chosen: NDArray[np.int64]) -> TokenBatch:
        """Some captions, by their indices."""
        return self.tokenizer.pad([self.ids[index] for index in chosen])

    def by_video(self) -> list[NDArray[np.int64]]:
        """Indices of the captions of each video."""
        videos: dict[str, list[int]] = {}
        for index, caption in enumerate(self.captions):
            videos.setdefault(caption.video_id, []).append(index)
        return [np.array(indices) for indices in videos.values()]


def tokenize_captions(
    captions: Sequence[Caption], split: str, tokenizer: CaptionTokenizer
) -> CaptionTokens:
    """Cut the captions of a split into tokens.

    Args:
        captions: Captions of all splits.
        split: Split whose captions are kept.
        tokenizer: Tokeniser of the network.
    """
    kept = [caption for caption in captions if caption.split == split]
    return CaptionTokens(kept, tokenizer.cut([caption.caption for caption in kept]), tokenizer)
