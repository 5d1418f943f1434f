"""Tiny audio networks with random weights, saved as hub checkpoints are."""

import torch
from tokenizers.pre_tokenizers import ByteLevel
from transformers import (
    ASTConfig,
    ASTFeatureExtractor,
    ASTForAudioClassification,
    ClapConfig,
    ClapFeatureExtractor,
    ClapModel,
    GenerationConfig,
    Wav2Vec2Config,
    Wav2Vec2FeatureExtractor,
    Wav2Vec2Model,
    WhisperConfig,
    WhisperFeatureExtractor,
    WhisperForConditionalGeneration,
    WhisperProcessor,
    WhisperTokenizer,
)

SIZES = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}


def save_ast(folder):
    """A classifier, as the published ones are; 1.28 s windows."""
    torch.manual_seed(0)
    config = ASTConfig(
        **SIZES, intermediate_size=32, patch_size=16, max_length=128, num_mel_bins=32
    )
    ASTForAudioClassification(config).save_pretrained(folder)
    ASTFeatureExtractor(max_length=128, num_mel_bins=32).save_pretrained(folder)
    return folder


def save_clap(folder, *, fusion=False):
    """Windows of one second at 48 kHz."""
    torch.manual_seed(0)
    audio = {
        "window_size": 4,
        "num_mel_bins": 32,
        "spec_size": 64,
        "patch_stride": [4, 4],
        "hidden_size": 8,
        "patch_embeds_hidden_size": 4,
        "depths": [1, 1],
        "num_attention_heads": [1, 1],
        "num_hidden_layers": 2,
        "enable_fusion": fusion,
    }
    text = {"vocab_size": 10, "intermediate_size": 32, **SIZES}
    ClapModel(ClapConfig(text_config=text, audio_config=audio, projection_dim=8)).save_pretrained(
        folder
    )
    ClapFeatureExtractor(
        feature_size=32, max_length_s=1, truncation="fusion" if fusion else "rand_trunc"
    ).save_pretrained(folder)
    return folder


def save_wav2vec2(folder):
    """Takes sound of any length, and has no output but its hidden states."""
    torch.manual_seed(0)
    config = Wav2Vec2Config(
        **SIZES,
        intermediate_size=32,
        conv_dim=(8, 8),
        conv_kernel=(10, 8),
        conv_stride=(10, 8),
        num_conv_pos_embeddings=4,
        num_conv_pos_embedding_groups=2,
        mask_time_prob=0.0,
    )
    Wav2Vec2Model(config).save_pretrained(folder)
    Wav2Vec2FeatureExtractor().save_pretrained(folder)
    return folder


def whisper_tokens(last_timestamp):
    """Token -> id: bytes, then specials, then timestamps, in Whisper's own order."""
    specials = ["endoftext", "startoftranscript", "en", "de", "translate", "transcribe"]
    specials += ["startoflm", "startofprev", "nospeech", "notimestamps"]
    times = [f"{index * 0.02:.2f}" for index in range(round(last_timestamp / 0.02) + 1)]
    tokens = sorted(ByteLevel.alphabet()) + [f"<|{name}|>" for name in specials + times]
    return {token: index for index, token in enumerate(tokens)}


def save_whisper(folder):
    """A multilingual recogniser that hears two seconds at once and writes at most 24 tokens."""
    torch.manual_seed(0)
    ids = whisper_tokens(2.0)
    end = ids["<|endoftext|>"]
    special = {
        "bos_token_id": end,
        "pad_token_id": end,
        "eos_token_id": end,
        "decoder_start_token_id": ids["<|startoftranscript|>"],
        "suppress_tokens": [],
        "begin_suppress_tokens": [end],
    }
    config = WhisperConfig(
        vocab_size=len(ids),
        d_model=16,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=32,
        decoder_ffn_dim=32,
        num_mel_bins=16,
        max_source_positions=100,
        max_target_positions=24,
        init_std=0.5,
        **special,
    )
    WhisperForConditionalGeneration(config).save_pretrained(folder)
    GenerationConfig(
        is_multilingual=True,
        lang_to_id={name: ids[name] for name in ("<|en|>", "<|de|>")},
        task_to_id={task: ids[f"<|{task}|>"] for task in ("translate", "transcribe")},
        no_timestamps_token_id=ids["<|notimestamps|>"],
        max_initial_timestamp_index=50,
        max_length=24,
        **special,
    ).save_pretrained(folder)
    tokenizer = WhisperTokenizer(
        vocab={token: index for token, index in ids.items() if index < end}, merges=[]
    )
    marks = [token for token, index in ids.items() if index >= end]
    tokenizer.add_special_tokens({"additional_special_tokens": marks[:10]})
    tokenizer.add_tokens(marks[10:])
    extractor = WhisperFeatureExtractor(feature_size=16, chunk_length=2)
    WhisperProcessor(extractor, tokenizer).save_pretrained(folder)
    return folder
