"""Tiny checkpoints with a vocabulary of a dozen words, made on disk by the library."""

import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from transformers import (
    BertConfig,
    BertForMaskedLM,
    GPT2Config,
    GPT2LMHeadModel,
    PreTrainedTokenizerFast,
    T5Config,
    T5ForConditionalGeneration,
    XLNetConfig,
    XLNetLMHeadModel,
)

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
_WORDS = [*SPECIAL, "a", "cat", "dog", "car", "sleeps", "runs", "turns", "red", "blue", "old"]
_SIZE = len(_WORDS)
NETWORKS = {
    "gpt2": lambda: GPT2LMHeadModel(
        GPT2Config(vocab_size=_SIZE, n_embd=16, n_layer=1, n_head=2, n_positions=16,
                   bos_token_id=3, eos_token_id=3)
    ),
    "bert": lambda: BertForMaskedLM(
        BertConfig(vocab_size=_SIZE, hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
                   intermediate_size=32, max_position_embeddings=16)
    ),
    "t5": lambda: T5ForConditionalGeneration(
        T5Config(vocab_size=_SIZE, d_model=16, d_kv=8, d_ff=16, num_layers=1, num_heads=2)
    ),
    "xlnet": lambda: XLNetLMHeadModel(
        XLNetConfig(vocab_size=_SIZE, d_model=16, n_layer=1, n_head=2, d_inner=16,
                    bos_token_id=2, eos_token_id=3)
    ),
}  # fmt: skip


def tiny_checkpoint(folder, family, seed=0):
    """A network with random weights and its tokeniser; decoders have no padding token."""
    torch.manual_seed(seed)
    NETWORKS[family]().save_pretrained(folder)
    words = Tokenizer(WordLevel({word: i for i, word in enumerate(_WORDS)}, unk_token="[UNK]"))
    words.pre_tokenizer = Whitespace()
    others = {} if family == "gpt2" else {"pad_token": "[PAD]", "mask_token": "[MASK]"}
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=words, unk_token="[UNK]", eos_token="[SEP]", **others
    )
    tokenizer.save_pretrained(folder)
    return folder
