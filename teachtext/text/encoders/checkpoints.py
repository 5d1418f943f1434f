"""What a checkpoint says about its text encoder: its limits, its tokeniser, its text tower."""

import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn
from transformers.utils import cached_file

from teachtext.errors import ConfigError
from teachtext.store.checksums import CHECKSUMS, require_whole

log = logging.getLogger(__name__)

ROLE = "text encoder"
NOT_READ = ("pooler", "decoder", "vision")
"""In the names of parameters that token vectors do not come from; a checkpoint may lack them."""

MODULES = "modules.json"
"""What sentence-transformers calls its list of the parts of a model."""


@dataclass(frozen=True)
class TextCheckpoint:
    """Where a text encoder is, and what sentence-transformers says about its input.

    Attributes:
        place: Hub id or folder of tokeniser and network.
        max_tokens: Maximum number of tokens that the encoder was made for; None if unknown.
        lower_case: Whether captions are lower-cased before tokenisation.
    """

    place: str
    max_tokens: int | None
    lower_case: bool


def find_checkpoint(checkpoint: str) -> TextCheckpoint:
    """Look for a sentence-transformers model, which may keep its network in a folder within.

    What such a model does with token vectors afterwards (pooling, projection) is left out, and
    so are its prompts; the log says so.

    Args:
        checkpoint: Hub id or local folder.

    Raises:
        ConfigError: One of its files is no JSON, or not what sentence-transformers writes.
        StoreError: It was tuned here, and is damaged.
    """
    if Path(checkpoint, CHECKSUMS).exists():
        require_whole(Path(checkpoint))
    parts = _read_json(checkpoint, MODULES)
    if parts is None:
        return TextCheckpoint(checkpoint, None, lower_case=False)
    try:
        first = str(parts[0]["path"])
        place = str(Path(checkpoint) / first) if Path(checkpoint).is_dir() else checkpoint
        own = _read_json(place, "sentence_bert_config.json") or {}
        prompts = (_read_json(checkpoint, "config_sentence_transformers.json") or {}).get("prompts")
        limit = own.get("max_seq_length")
        found = TextCheckpoint(
            place, None if limit is None else int(limit), lower_case=bool(own.get("do_lower_case"))
        )
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise ConfigError(
            f"Cannot load the {ROLE} {checkpoint!r}: its {MODULES} is not as sentence-transformers "
            "writes it. Give a whole folder."
        ) from error
    if any((prompts or {}).values()):
        log.warning("the prompts of %s are not used: captions are read as they are", checkpoint)
    return found


def text_tower(model: nn.Module) -> nn.Module:
    """The part that reads text, where a model also has a decoder or an image tower."""
    if getattr(model.config, "is_encoder_decoder", False):
        encoder: nn.Module = model.get_encoder()  # type: ignore[operator]
        return encoder
    tower: nn.Module = getattr(model, "text_model", model)
    return tower


def most_positions(tower: nn.Module, config: Any) -> int | None:  # noqa: ANN401 - one per family
    """Tokens for which the network has positions; None for any number.

    Args:
        tower: Network that encodes text.
        config: Config of the text tower, from the checkpoint's config.
    """
    for name, table in tower.named_modules():
        # RoBERTa and its kin count positions from behind the padding token's
        if name.endswith("position_embeddings") and getattr(table, "padding_idx", None) is not None:
            return int(table.num_embeddings) - int(table.padding_idx) - 1
    positions = getattr(config, "max_position_embeddings", None)
    # XLNet, whose positions are relative, says -1
    return int(positions) if positions and positions > 0 else None


def _read_json(checkpoint: str, name: str) -> Any:  # noqa: ANN401 - as read from JSON
    """Content of a file of the checkpoint, None if it has no such file."""
    found = cached_file(
        checkpoint,
        name,
        _raise_exceptions_for_missing_entries=False,
        _raise_exceptions_for_connection_errors=False,
        _raise_exceptions_for_gated_repo=False,
    )
    if found is None:
        return None
    try:
        return json.loads(Path(found).read_text(encoding="utf-8"))
    except ValueError as error:
        raise ConfigError(
            f"Cannot load the {ROLE} {checkpoint!r}: {name} is no JSON. Give a whole folder."
        ) from error
