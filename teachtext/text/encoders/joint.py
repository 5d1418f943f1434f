"""One vector a caption in the space that a network of two towers shares: CLIP, SigLIP, CLAP."""

# Shape suffixes: B = captions of a batch, D = width of the joint space.
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from teachtext.errors import ConfigError
from teachtext.text.encoders.caption_tokens import TokenBatch
from teachtext.text.encoders.checkpoints import ROLE, most_positions
from teachtext.text.encoders.transformer import PretrainedEncoder

SIGLIP = ("siglip", "siglip2")
"""Trained with lower-cased captions that padding fills, and that the network reads as well."""


class JointEncoder(PretrainedEncoder):
    """A caption's vector in the joint space, not of unit length: (1, D).

    - CLIP and its kin: the projected end token (Radford et al., 2021).
    - SigLIP, SigLIP 2: the head on the last token; captions are padded to all positions (Zhai et
      al., 2023; Tschannen et al., 2025).
    - CLAP: the projected class token; the other tower hears sound (Wu et al., 2023).
    - X-CLIP: as CLIP, without what its score lets a video change in the caption (Ni et al., 2022).
    """

    may_lack = ("vision", "audio")

    def _prepare(self) -> int:
        if not hasattr(self._model, "get_text_features"):
            raise ConfigError(
                f"The {ROLE} {self.weights.name!r} ({type(self._model).__name__}) has no space "
                "that captions share with pictures or sound. Give CLIP, SigLIP or CLAP, or use "
                "encoder transformers."
            )
        config = self._model.config
        self._padded_to = 0
        if config.model_type in SIGLIP:
            self._tokenizer = replace(self._tokenizer, lower_case=True)
            self._padded_to = most_positions(self._tower, config.get_text_config()) or 0
        return int(self.encode([""])[0].shape[1])

    def _cut(self, captions: Sequence[str]) -> list[list[int]]:
        """With the padding that the network reads, where it reads any."""
        pad = [self._tokenizer.padding]
        return [ids + pad * (self._padded_to - len(ids)) for ids in self._tokenizer.cut(captions)]

    def _forward(self, batch: TokenBatch) -> Iterable[NDArray[np.float32]]:
        output = self._model.get_text_features(**batch.inputs(self._device))
        vectors_BD: Tensor = output if isinstance(output, Tensor) else output.pooler_output
        return [vector_D[None].copy() for vector_D in vectors_BD.float().cpu().numpy()]
