"""Tiny networks of two towers with a tokeniser of a few words, saved as hub checkpoints are."""

from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

from tests.support import tiny_audio_checkpoints, tiny_checkpoints

_WORDS = ["<s>", "</s>", "<unk>", "a", "red", "blue", "circle", "star", "turns", "."]
"""Their ids are their places; the networks know the first two."""
TEMPLATES = {"siglip": "$A </s>"}
JOINT_FAMILIES = ("clip", "siglip", "xclip", "clap")


def build_joint(folder, family, seed=0):
    """Save a checkpoint; the same seed gives the same weights."""
    if family == "clap":
        tiny_audio_checkpoints.save_clap(folder)
    else:
        tiny_checkpoints.build_tiny(folder, family, seed)
    save_tokenizer(folder, TEMPLATES.get(family, "<s> $A </s>"))
    return folder


def save_tokenizer(folder, template):
    words = models.WordLevel({word: index for index, word in enumerate(_WORDS)}, unk_token="<unk>")
    tokenizer = Tokenizer(words)
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single=template, special_tokens=[("<s>", 0), ("</s>", 1)]
    )
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="<unk>", eos_token="</s>", pad_token="</s>"
    ).save_pretrained(folder)
