"""One vector a caption in the space that a network of two towers shares: CLIP, SigLIP, CLAP."""

# Shape suffixes: B = captions of a batch, D = width of the joint space.
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from teachtext.errors import ConfigError
from teachtext.pretrained.hub import load_checkpoint
from teachtext.text.encoders.caption_tokens import caption_tokenizer
from teachtext.text.encoders.checkpoints import (
    ROLE,
    find_checkpoint,
    load_tokenizer,
    most_positions,
    text_tower,
)
from teachtext.text.encoders.linear import speed_up
from teachtext.text.encoders.transformer import BATCH_TOKENS, encode_by_length

SIGLIP = ("siglip", "siglip2")
"""Trained with lower-cased captions that padding fills, and that the network reads as well."""

NOT_READ = ("vision", "audio")
"""In the names of parameters that captions do not go through; a checkpoint may lack them."""


class JointEncoder:
    """A caption's vector in the joint space, not of unit length: (1, D).

    - CLIP and its kin: the projected end token (Radford et al., 2021).
    - SigLIP, SigLIP 2: the head on the last token; captions are padded to all positions (Zhai et
      al., 2023; Tschannen et al., 2025).
    - CLAP: the projected class token; the other tower hears sound (Wu et al., 2023).
    - X-CLIP: as CLIP, without what its score lets a video change in the caption (Ni et al., 2022).
    """

    def __init__(
        self, *, checkpoint: str, max_tokens: int, precision: str = "float32", device: str = "cpu"
    ) -> None:
        """Load tokeniser and network.

        Args:
            checkpoint: Hub id or local folder.
            max_tokens: Maximum number of tokens per caption, special tokens included; longer
                captions are truncated.
            precision: ``float32``, ``bfloat16`` or ``float16``; vectors are float32.
            device: ``cpu`` or ``cuda``.

        Raises:
            ConfigError: There is no such checkpoint, or it has no space that captions share.
        """
        found = find_checkpoint(checkpoint)
        own = load_tokenizer(found.place)
        loaded = load_checkpoint(
            found.place, ROLE, precision=precision, device=device, may_lack=NOT_READ
        )
        self._model, self._device = loaded.model, loaded.device
        if not hasattr(self._model, "get_text_features"):
            raise ConfigError(
                f"The {ROLE} {checkpoint!r} ({type(self._model).__name__}) has no space that "
                "captions share with pictures or sound. Give CLIP, SigLIP or CLAP, or use encoder "
                "transformers."
            )
        siglip = self._model.config.model_type in SIGLIP
        found = replace(found, lower_case=found.lower_case or siglip)
        self._tokenizer = caption_tokenizer(found, own, self._model, max_tokens=max_tokens)
        text_config = self._model.config.get_text_config()
        tower = text_tower(self._model)
        self._padded_to = most_positions(tower, text_config) if siglip else None
        if device == "cpu" and loaded.dtype == torch.float32:
            speed_up(tower)
        self.weights = loaded.weights
        self.dim = int(self.encode([""])[0].shape[1])

    def encode(self, captions: Sequence[str]) -> list[NDArray[np.float32]]:
        """The vector of each caption: (1, D). Equal captions share one array."""
        most = BATCH_TOKENS[self._device.type]
        return encode_by_length(captions, self._cut, self._forward, most=most)

    def _cut(self, captions: Sequence[str]) -> list[list[int]]:
        return [self._filled(ids) for ids in self._tokenizer.cut(captions)]

    @torch.inference_mode()
    def _forward(self, tokens: list[list[int]]) -> list[NDArray[np.float32]]:
        batch = self._tokenizer.pad(tokens)
        output = self._model.get_text_features(
            input_ids=batch.ids_BN.to(self._device), attention_mask=batch.mask_BN.to(self._device)
        )
        vectors_BD: Tensor = output if isinstance(output, Tensor) else output.pooler_output
        return [vector_D[None].copy() for vector_D in vectors_BD.float().cpu().numpy()]

    def _filled(self, ids: list[int]) -> list[int]:
        """With the padding that the network reads, where it reads any."""
        pad = self._tokenizer.own.pad_token_id
        missing = (self._padded_to or 0) - len(ids)
        return ids + [self._tokenizer.end if pad is None else pad] * missing
