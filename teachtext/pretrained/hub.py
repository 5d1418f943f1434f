"""Loading frozen networks of the transformers library: from the hub or a folder, to a device.

Weights come as safetensors or through ``torch.load(weights_only=True)``; no remote code runs.
"""

import hashlib
import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from torch import nn
from transformers import AutoModel, PretrainedConfig, PreTrainedModel
from transformers.utils import cached_file
from transformers.utils import logging as library_logging

from teachtext.errors import ConfigError
from teachtext.store.weights import WeightsIdentity, identify_weights

PRECISIONS = {
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
}
"""Name in config.yaml -> type of weights and activations; features are float32 whichever it is."""

LOADING_ERRORS = (
    OSError,
    ValueError,
    KeyError,
    ImportError,
    RuntimeError,
    SafetensorError,
    pickle.UnpicklingError,
)
"""What the library raises for a checkpoint that is absent, damaged, foreign or lacks a package."""


@dataclass(frozen=True)
class Checkpoint:
    """A loaded network.

    Attributes:
        model: Network in evaluation mode, on its device.
        weights: Identity of the weights: their name and hash.
        device: Device of the network.
        dtype: Type of its weights, and so of its input.
    """

    model: PreTrainedModel
    weights: WeightsIdentity
    device: torch.device
    dtype: torch.dtype


def load_part(kind: Any, checkpoint: str, role: str, **options: object) -> Any:  # noqa: ANN401
    """Load a part of a checkpoint: its config, its tokeniser, its network.

    Args:
        kind: Class of the library that loads the part.
        checkpoint: Hub id or local folder.
        role: Intended role, for error messages, such as ``image network``.
        options: Further arguments of the class's ``from_pretrained``.

    Raises:
        ConfigError: There is no such checkpoint, or it needs code of its own.
    """
    try:
        return kind.from_pretrained(checkpoint, trust_remote_code=False, **options)
    except LOADING_ERRORS as error:
        raise ConfigError(
            f"Cannot load the {role} {checkpoint!r}: {first_line(error)} Give a hub id, or a "
            "folder with config.json, weights, and preprocessor_config.json or a tokenizer."
        ) from error


def load_checkpoint(
    checkpoint: str,
    role: str,
    *,
    kind: type[PreTrainedModel] = AutoModel,
    config: PretrainedConfig | None = None,
    precision: str,
    device: str,
    may_lack: Sequence[str] = (),
) -> Checkpoint:
    """Load a network for inference.

    Args:
        checkpoint: Hub id or local folder.
        role: Intended role, for error messages, such as ``image network``.
        kind: Class of the library to load it as, or one that chooses by the config.
        config: Config of that class; None for the checkpoint's own.
        precision: Key of ``PRECISIONS``.
        device: Device to load it on, such as ``cpu`` or ``cuda``.
        may_lack: Substrings of the names of parameters that may be absent from the checkpoint,
            because nothing reads them.

    Raises:
        ConfigError: Unknown precision, no such checkpoint, or not all of its weights are there.
    """
    if precision not in PRECISIONS:
        raise ConfigError(
            f"Unknown precision {precision!r}. Choose one of: {', '.join(PRECISIONS)}."
        )
    dtype = PRECISIONS[precision]
    library_logging.disable_progress_bar()  # a log file keeps every step of a bar
    model, report = load_part(
        kind, checkpoint, role, config=config, dtype=dtype, output_loading_info=True
    )
    lacking = [
        name for name in sorted(report["missing_keys"]) if not any(w in name for w in may_lack)
    ]
    if lacking:
        raise ConfigError(
            f"Checkpoint {checkpoint!r} of the {role} lacks {len(lacking)} parameters of "
            f"{type(model).__name__}, {lacking[0]} among them. Give one that has them all."
        )
    weights = identify_checkpoint(checkpoint, model)
    return Checkpoint(model.eval().to(device), weights, torch.device(device), dtype)


def identify_checkpoint(checkpoint: str, model: nn.Module) -> WeightsIdentity:
    """Hash the checkpoint's weight files, or the parameters where no file can be found."""
    config = cached_file(checkpoint, "config.json", local_files_only=True)
    folder = Path(config).parent
    for pattern in ("model*.safetensors", "pytorch_model*.bin"):
        if files := sorted(folder.glob(pattern)):
            return identify_weights(checkpoint, files)
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        content = tensor.contiguous().cpu().view(-1).view(torch.uint8).numpy()
        digest.update(name.encode() + content.tobytes())
    return WeightsIdentity(checkpoint, digest.hexdigest())


def first_line(error: BaseException) -> str:
    """What went wrong, short enough for one line."""
    return str(error).strip().partition("\n")[0] or type(error).__name__
