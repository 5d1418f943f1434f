"""Text encoders that can be tuned on captions: loading a base and its objective, writing it."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import torch
import transformers
from torch import nn
from transformers import (
    MODEL_FOR_CAUSAL_LM_MAPPING,
    MODEL_FOR_MASKED_LM_MAPPING,
    AutoConfig,
    AutoModel,
    AutoModelForCausalLM,
    AutoModelForMaskedLM,
    PreTrainedModel,
)

from teachtext import __version__
from teachtext.config.text import FinetuneSettings, TextSettings
from teachtext.errors import ConfigError
from teachtext.files.atomic import replacing
from teachtext.pretrained.hub import load_part
from teachtext.runtime.distributed import Processes
from teachtext.store.checksums import write_checksums
from teachtext.store.tables import write_table
from teachtext.store.weights import WeightsIdentity
from teachtext.tables.dataset import Caption
from teachtext.text.encoders.caption_tokens import (
    CaptionTokenizer,
    CaptionTokens,
    load_network,
    tokenize_captions,
)
from teachtext.text.encoders.checkpoints import (
    MODULES,
    NOT_READ,
    ROLE,
    find_checkpoint,
    text_tower,
)
from teachtext.text.tuning.objectives import (
    Contrastive,
    LanguageModelling,
    MaskedTokens,
    Objective,
    Riddler,
    next_tokens,
)
from teachtext.training.states import HistoryEntry

TYPE = "sentence_transformers.models.Transformer"
"""What sentence-transformers calls a network of the transformers library."""


@dataclass(frozen=True)
class Tunable:
    """A text encoder with what it shall learn.

    Attributes:
        model: Whole model of the checkpoint, in the form in which it is saved.
        tower: Part of the model that learns.
        tokenizer: Tokeniser of the model; it does not change.
        objective: Objective over the captions.
        card: Origin and training data of the model, as plain values; identical for identical runs.
    """

    model: PreTrainedModel
    tower: nn.Module
    tokenizer: CaptionTokenizer
    objective: Objective
    card: dict[str, Any]


def load_tunable(
    name: str,
    settings: TextSettings,
    finetune: FinetuneSettings,
    captions: Sequence[Caption],
    processes: Processes,
) -> Tunable:
    """Load a text encoder to tune on captions.

    Args:
        name: Name of the text encoder in config.yaml.
        settings: Entry of the text encoder in config.yaml.
        finetune: Settings of the tuning.
        captions: Captions of all splits; those of train are for training, those of val for
            validation.
        processes: Processes that share each batch.

    Raises:
        ConfigError: No such checkpoint, or one that cannot learn this objective.
    """
    found = find_checkpoint(str(settings.checkpoint))
    contrastive = finetune.objective == "contrastive"
    # what a checkpoint may lack is drawn, and written with the rest
    torch.manual_seed(finetune.seed)
    loaded, tokenizer = load_network(
        found,
        max_tokens=settings.max_tokens,
        kind=AutoModel if contrastive else language_model(found.place, name),
        precision="float32",
        device=str(processes.device),
        may_lack=NOT_READ if contrastive else (),
    )
    model = loaded.model
    train, val = (tokenize_captions(captions, split, tokenizer) for split in ("train", "val"))
    if finetune.gradient_checkpointing:
        model.activation_checkpointing_enable()
    return Tunable(
        model,
        text_tower(model) if contrastive else model,
        tokenizer,
        _objective(model, train, val, finetune, processes),
        _card(name, settings, loaded.weights, train, val),
    )


def language_model(checkpoint: str, name: str) -> type[PreTrainedModel]:
    """The class that guesses tokens: masked ones where a family can, else the next one.

    Args:
        checkpoint: Hub id or local folder.
        name: Name of the text encoder in config.yaml, for error messages.

    Raises:
        ConfigError: There is no such checkpoint, or its family guesses neither.
    """
    config = load_part(AutoConfig, checkpoint, ROLE)
    if not config.is_encoder_decoder:
        if type(config) in MODEL_FOR_MASKED_LM_MAPPING:
            masked: type[PreTrainedModel] = AutoModelForMaskedLM
            return masked
        if type(config) in MODEL_FOR_CAUSAL_LM_MAPPING:
            causal: type[PreTrainedModel] = AutoModelForCausalLM
            return causal
    raise ConfigError(
        f"text.{name}.finetune: language-modelling is for encoders and decoders, and a "
        f"{config.model_type} is neither. Set objective: contrastive, or give another checkpoint."
    )


def save_tuned(folder: Path, tunable: Tunable, history: list[HistoryEntry]) -> None:
    """Write a folder that transformers loads; it appears complete or not at all.

    Args:
        folder: Folder to write config, weights (safetensors), tokeniser, ``finetuning.json`` and
            ``history.parquet`` to.
        tunable: Tuned text encoder.
        history: Results of the base weights, then one entry per epoch.
    """
    with replacing(folder) as temporary:
        temporary.mkdir()
        tunable.model.save_pretrained(temporary)
        tokenizer = tunable.tokenizer
        tokenizer.own.save_pretrained(temporary)
        # its limits, in the files of sentence-transformers
        limits = {"max_seq_length": tokenizer.max_tokens, "do_lower_case": tokenizer.lower_case}
        (temporary / "sentence_bert_config.json").write_text(json.dumps(limits))
        parts = [{"idx": 0, "name": "0", "path": "", "type": TYPE}]
        (temporary / MODULES).write_text(json.dumps(parts))
        (temporary / "finetuning.json").write_text(json.dumps(tunable.card, indent=2) + "\n")
        write_table(temporary / "history.parquet", pa.Table.from_pylist(history))
        write_checksums(temporary)


def _objective(
    model: PreTrainedModel,
    train: CaptionTokens,
    val: CaptionTokens,
    finetune: FinetuneSettings,
    processes: Processes,
) -> Objective:
    size = finetune.batch_size
    if finetune.objective == "contrastive":
        temperature = finetune.temperature
        return Contrastive(
            train, val, batch_size=size, processes=processes, temperature=temperature
        )
    riddler: Riddler = next_tokens
    if type(model.config) in MODEL_FOR_MASKED_LM_MAPPING:
        riddler = _masked(train.tokenizer.own, finetune.mask_fraction)
    else:
        _refuse_to_see_ahead(model, train)
    return LanguageModelling(
        train, val, riddler, batch_size=size, processes=processes, seed=finetune.seed
    )


def _masked(tokenizer: Any, fraction: float) -> MaskedTokens:  # noqa: ANN401
    if tokenizer.mask_token_id is None:
        raise ConfigError(
            "finetune: this checkpoint guesses masked tokens, and its tokenizer has no mask token. "
            "Set objective: contrastive, or give another checkpoint."
        )
    ordinary = sorted(set(tokenizer.get_vocab().values()) - set(tokenizer.all_special_ids))
    return MaskedTokens(int(tokenizer.mask_token_id), np.array(ordinary), fraction)


@torch.no_grad()
def _refuse_to_see_ahead(model: PreTrainedModel, train: CaptionTokens) -> None:
    """What a token is guessed from must not hold the token, as it does in XLNet."""
    ids_BN = torch.tensor([max(train.ids, key=len)] * 2, device=model.device)
    ids_BN[1, -1] = (ids_BN[1, -1] + 1) % model.config.vocab_size
    logits_BNV = model(input_ids=ids_BN, attention_mask=torch.ones_like(ids_BN)).logits
    if not torch.allclose(logits_BNV[0, :-1], logits_BNV[1, :-1], atol=1e-4):
        raise ConfigError(
            f"finetune: a {model.config.model_type} sees the tokens that it would be asked for. "
            "Set objective: contrastive, or give another checkpoint."
        )


def _card(
    name: str,
    settings: TextSettings,
    base: WeightsIdentity,
    train: CaptionTokens,
    val: CaptionTokens,
) -> dict[str, Any]:
    return {
        "text_encoder": name,
        **settings.model_dump(),
        "base_weights": asdict(base),
        "train_captions": len(train.captions),
        "train_captions_sha256": _digest(train.captions),
        "train_captions_cut": train.tokenizer.count_longer(
            [caption.caption for caption in train.captions]
        ),
        "val_captions": len(val.captions),
        "val_captions_sha256": _digest(val.captions),
        "versions": {
            "teachtext": __version__,
            "torch": torch.__version__,
            "transformers": transformers.__version__,
        },
    }


def _digest(captions: Sequence[Caption]) -> str:
    rows = [[caption.video_id, caption.caption] for caption in captions]
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()
