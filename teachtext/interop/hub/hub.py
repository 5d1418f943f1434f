"""A model as model hubs expect it: weights, config.json and a page, in one folder."""

import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from huggingface_hub import ModelHubMixin, snapshot_download
from pydantic import ValidationError
from safetensors.torch import save_file

from teachtext.config.text import TextEncoderSettings
from teachtext.errors import StoreError
from teachtext.models.base import RetrievalModel
from teachtext.models.checkpoint import ModelCard, damaged_model, load_exported
from teachtext.models.similarity import CaptionEmbeddings
from teachtext.search.queries import embed_queries, load_query_encoder
from teachtext.store.checksums import CHECKSUMS, write_checksums
from teachtext.store.weights import CARD, WEIGHTS
from teachtext.text.encoders.registry import TextEncoder

_FILES = (CARD, WEIGHTS, CHECKSUMS, "README.md")
"""All that an exported model has; nothing else is downloaded."""
TOKENIZER = "tokenizer"
"""The key of config.json that says which text encoder reads captions; null: one made elsewhere."""


class HubModel(ModelHubMixin, library_name="teachtext"):
    """A trained model with its text encoder, ``from_pretrained`` from a folder or a hub.

    Attributes:
        network: Model that embeds token vectors and video features, and compares them.
        card: Card of the model, with what it was trained on.
        text_settings: Settings of the text encoder; None if its token vectors were made elsewhere.
        page: Model page in Markdown, written to README.md.
    """

    def __new__(cls, *_: object, **__: object) -> Self:
        """Without the library's own, which makes a config.json of all arguments and cannot."""
        return object.__new__(cls)

    def __init__(
        self,
        network: RetrievalModel,
        card: ModelCard,
        *,
        text_settings: TextEncoderSettings | None,
        page: str,
    ) -> None:
        self.network, self.card = network, card
        self.text_settings, self.page = text_settings, page

    @cached_property
    def text_encoder(self) -> TextEncoder:
        """The text encoder that the model was trained with, loaded when it is first used.

        Raises:
            ConfigError: Its token vectors were made elsewhere, or it cannot be loaded.
            StoreError: Its weights are not those of the training.
        """
        return load_query_encoder(
            self.text_settings, name=self.card.text_encoder, weights=self.card.text_weights
        )

    def encode_captions(self, captions: Sequence[str]) -> CaptionEmbeddings:
        """Embed captions, with the text encoder and the network; errors are ``text_encoder``'s."""
        return embed_queries(self.network, self.text_encoder, captions)

    def _save_pretrained(self, save_directory: Path) -> None:
        """Called by ``save_pretrained`` and ``push_to_hub``."""
        # hubs look for the format; every library that reads safetensors ignores it
        weights = self.network.state_dict()
        save_file(weights, save_directory / WEIGHTS, metadata={"format": "pt"})
        settings = self.text_settings
        reference = None if settings is None else settings.model_dump(exclude_none=True)
        config = without_local_paths(self.card.to_json()) | {TOKENIZER: reference}
        (save_directory / CARD).write_text(json.dumps(config, indent=2) + "\n")
        # the page may be edited on the hub
        write_checksums(save_directory, [CARD, WEIGHTS])
        (save_directory / "README.md").write_text(self.page, encoding="utf-8")

    @classmethod
    def from_pretrained(
        cls,
        pretrained_model_name_or_path: str | Path,
        **options: Any,  # noqa: ANN401 - the library's
    ) -> Self:
        """Load a model that was exported; every byte is compared with what was written.

        Args:
            pretrained_model_name_or_path: Folder, or name on a hub.
            options: Options of ``ModelHubMixin.from_pretrained``.

        Raises:
            StoreError: The folder is no model that was exported, or a damaged one.
        """
        try:
            return super().from_pretrained(pretrained_model_name_or_path, **options)
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            # the library reads config.json itself, before this class compares it
            raise damaged_model(pretrained_model_name_or_path, error) from None

    @classmethod
    def _from_pretrained(
        cls,
        *,
        model_id: str,
        revision: str | None,
        cache_dir: str | Path | None,
        force_download: bool,
        local_files_only: bool,
        token: str | bool | None,
        **_: object,
    ) -> Self:
        """Called by ``from_pretrained``.

        Raises:
            StoreError: The folder holds no model that was exported.
        """
        folder = Path(model_id)
        if not folder.is_dir():
            folder = Path(
                snapshot_download(
                    model_id,
                    revision=revision,
                    cache_dir=cache_dir,
                    force_download=force_download,
                    local_files_only=local_files_only,
                    token=token,
                    allow_patterns=list(_FILES),
                )
            )
        network, card = load_exported(folder)
        settings, page = _read_text_settings(folder), folder / "README.md"
        text = page.read_text(encoding="utf-8") if page.exists() else ""
        return cls(network, card, text_settings=settings, page=text)


def _read_text_settings(folder: Path) -> TextEncoderSettings | None:
    config = json.loads((folder / CARD).read_text())
    if TOKENIZER not in config:
        raise StoreError(
            f"{folder} does not say which text encoder reads captions. "
            "Give a folder that teachtext export wrote."
        )
    try:
        entry = config[TOKENIZER]
        return None if entry is None else TextEncoderSettings.model_validate(entry)
    except ValidationError as error:
        reason = error.errors()[0]["msg"]
        raise StoreError(f"{folder}/config.json: {TOKENIZER}: {reason}. Export again.") from None


def without_local_paths(value: Any) -> Any:  # noqa: ANN401 - JSON
    """The same JSON, but of absolute paths the last part alone: the rest is nobody's business."""
    if isinstance(value, dict):
        return {key: without_local_paths(one) for key, one in value.items()}
    if isinstance(value, list):
        return [without_local_paths(one) for one in value]
    if isinstance(value, str) and Path(value).is_absolute():
        return Path(value).name
    return value
