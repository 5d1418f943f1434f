"""Speech by any Whisper checkpoint: what is said, as token vectors. Audio in, a row per token."""

# Shape suffixes: B = windows of a batch, M = mel bands, F = spectrogram frames, N = tokens,
# V = vocabulary, S = samples.
import itertools
import math
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import AutoConfig, WhisperForConditionalGeneration, WhisperProcessor

from teachtext.errors import ConfigError
from teachtext.experts.networks.batching import GPU_VIDEOS
from teachtext.experts.networks.recognition import embed_recognised
from teachtext.experts.networks.sound import moment_loudness, quiet_pieces
from teachtext.experts.networks.whisper import MAX_NO_SPEECH_PROBABILITY, MIN_MEAN_LOGPROB
from teachtext.pretrained.hub import load_checkpoint, load_part
from teachtext.store.records import Features, Recognised
from teachtext.store.weights import combine_weights
from teachtext.text.encoders.registry import TextEncoder
from teachtext.video.media import SAMPLE_RATE, Audio

_ROLE = "speech recogniser"

SILENCE = 1e-3
"""A window is not decoded if no tenth of a second of it is louder, as root mean square: -60 dB."""

MAX_COMPRESSION_RATIO = 2.4
"""Text that zlib shrinks by more is the decoder repeating itself (Radford et al., 2022, 4.5)."""

TIMESTAMP_SECONDS = 0.02
"""Step between two of Whisper's timestamp tokens."""

NO_SPEECH_BEFORE = 2
"""Whisper's token for silence stands so many before that of the time 0, in every vocabulary."""

SEARCHED_SHARE = 1 / 3
"""Windows end at the quietest moment of this last part of what the network hears at once."""

_BATCH_WINDOWS = 8
"""Windows decoded at once on a GPU."""


@dataclass(frozen=True)
class Window:
    """A part of a video's sound, short enough for the network.

    Attributes:
        video: Position of the video in its batch.
        start_seconds: Start of the window in the video, in seconds.
        samples_S: (S,) Sound of the window.
    """

    video: int
    start_seconds: float
    samples_S: NDArray[np.float32]

    @property
    def seconds(self) -> float:
        """Length of the window."""
        return len(self.samples_S) / SAMPLE_RATE


@dataclass(frozen=True)
class Segment:
    """Words between two times.

    Attributes:
        start_seconds: Start of the segment, in seconds from the start of the window.
        end_seconds: End of the segment, in seconds from the start of the window; infinite if the
            decoder wrote none.
        tokens: Tokens of the words.
        logprobs: Log-probability of each token.
    """

    start_seconds: float
    end_seconds: float
    tokens: tuple[int, ...]
    logprobs: tuple[float, ...]


class TransformersSpeech:
    """Token vectors of what Whisper hears (Radford et al., 2022), D of the text encoder.

    Sound is cut at quiet moments into windows of at most 30 s, each decoded greedily by itself:
    a multilingual checkpoint detects the language of each window and writes in that language.
    Windows that are silent, that the network takes for silence, or in which it repeats itself
    have no rows.
    """

    def __init__(
        self,
        *,
        checkpoint: str,
        text_encoder: TextEncoder,
        precision: str = "float32",
        device: str = "cpu",
    ) -> None:
        """Load recogniser, tokeniser and feature extractor.

        Args:
            checkpoint: Hub ID or local folder of the checkpoint.
            text_encoder: Text encoder that embeds the recognised words.
            precision: ``float32``, ``bfloat16`` or ``float16``.
            device: ``cpu`` or ``cuda``.

        Raises:
            ConfigError: There is no such checkpoint, or it is no Whisper with timestamps.
        """
        kind = load_part(AutoConfig, checkpoint, _ROLE).model_type
        if kind != "whisper":
            raise ConfigError(f"The {_ROLE} {checkpoint!r} is of type {kind!r}, not 'whisper'.")
        loaded = load_checkpoint(
            checkpoint,
            _ROLE,
            kind=WhisperForConditionalGeneration,
            precision=precision,
            device=device,
        )
        processor = load_part(WhisperProcessor, checkpoint, _ROLE)
        self._extractor, self._tokenizer = processor.feature_extractor, processor.tokenizer
        # the library makes an empty tokeniser if there is none
        if self._tokenizer.eos_token_id != loaded.model.config.eos_token_id:
            raise ConfigError(
                f"The tokenizer of the {_ROLE} {checkpoint!r} is missing or another's."
            )
        self._model, self._device, self._dtype = loaded.model, loaded.device, loaded.dtype
        self._first_timestamp = _first_timestamp(self._model.generation_config, checkpoint)
        self.text_encoder = text_encoder
        self.dim = text_encoder.dim
        self.weights = combine_weights(loaded.weights, text_encoder.weights)
        on_gpu = self._device.type == "cuda"
        self.videos_per_batch = GPU_VIDEOS if on_gpu else 1
        self.batch = _BATCH_WINDOWS if on_gpu else 1

    def extract_batch(self, videos: Sequence[Audio]) -> list[Features]:
        """Token vectors with the times of their segment; T = 0 where nobody speaks."""
        heard: list[list[Recognised]] = [[] for _ in videos]
        windows = self.windows(videos)
        while batch := list(itertools.islice(windows, self.batch)):
            for window, pieces in zip(batch, self._recognise(batch), strict=True):
                heard[window.video] += pieces
        return [embed_recognised(pieces, self.text_encoder) for pieces in heard]

    def windows(self, videos: Sequence[Audio]) -> Iterator[Window]:
        """Every window in which there is anything to hear."""
        longest = float(self._extractor.chunk_length)
        for video, audio in enumerate(videos):
            pieces = quiet_pieces(
                audio.samples_S, max_seconds=longest, search_seconds=longest * SEARCHED_SHARE
            )
            for start, samples in pieces:
                if moment_loudness(samples).max(initial=0) > SILENCE:
                    yield Window(video, start, samples)

    @torch.inference_mode()
    def _recognise(self, batch: list[Window]) -> list[list[Recognised]]:
        """Segments of each window, about a sentence each."""
        spectrograms_BMF = self._extractor(
            [np.array(window.samples_S) for window in batch],
            sampling_rate=SAMPLE_RATE,
            return_tensors="pt",
        ).input_features
        encoded = self._model.get_encoder()(spectrograms_BMF.to(self._device, self._dtype))
        tokens_BN = self._decode(encoded)
        # One more pass over what was written gives its probability, and that of silence.
        logits_BNV = self._model(encoder_outputs=encoded, decoder_input_ids=tokens_BN).logits
        return [
            self._segments(window, tokens_N.tolist(), logits_NV.float().log_softmax(-1))
            for window, tokens_N, logits_NV in zip(batch, tokens_BN, logits_BNV, strict=True)
        ]

    def _decode(self, encoded: Any) -> Tensor:  # noqa: ANN401
        """(B, N) most likely tokens, prompt included."""
        multilingual = getattr(self._model.generation_config, "is_multilingual", False)
        decoded = self._model.generate(
            encoder_outputs=encoded,
            # All of it: Whisper hears the silence that a short window is padded with.
            attention_mask=torch.ones(encoded.last_hidden_state.shape[:2], device=self._device),
            do_sample=False,
            num_beams=1,
            return_timestamps=True,
            return_segments=True,
            # Else the library decodes once more what follows the last timestamp.
            force_unique_generate_call=True,
            **({"task": "transcribe"} if multilingual else {}),
        )
        return torch.stack([segments[0]["result"] for segments in decoded["segments"]])

    def _segments(
        self, window: Window, tokens_N: list[int], logprobs_NV: Tensor
    ) -> list[Recognised]:
        """What was said in a window, with times from the start of the clip."""
        following = torch.tensor(tokens_N[1:], device=logprobs_NV.device)
        logprobs = logprobs_NV[:-1].gather(1, following[:, None])[:, 0].tolist()
        segments = split_at_timestamps(
            tokens_N[1:], logprobs, end=self._tokenizer.eos_token_id, first=self._first_timestamp
        )
        no_speech = float(logprobs_NV[0, self._first_timestamp - NO_SPEECH_BEFORE].exp())
        texts = [self._tokenizer.decode(segment.tokens).strip() for segment in segments]
        if is_unreliable(" ".join(texts), segments, no_speech):
            return []
        return [
            Recognised(
                text,
                window.start_seconds + segment.start_seconds,
                window.start_seconds + min(segment.end_seconds, window.seconds),
                math.exp(np.mean(segment.logprobs)),
            )
            for segment, text in zip(segments, texts, strict=True)
            if text and segment.start_seconds < window.seconds
        ]


def split_at_timestamps(
    tokens: Sequence[int], logprobs: Sequence[float], *, end: int, first: int
) -> list[Segment]:
    """The decoder's output, segment by segment.

    Args:
        tokens: Tokens as decoded, prompt included.
        logprobs: Log-probability of each token.
        end: Token of the end of text; words have lower numbers, all other special tokens higher
            ones.
        first: Token of the timestamp 0.
    """
    segments = []
    start, words = 0.0, []
    for token, logprob in zip(tokens, logprobs, strict=True):
        if token < end:
            words.append((token, logprob))
        elif token >= first:
            seconds = (token - first) * TIMESTAMP_SECONDS
            if words:
                segments.append(Segment(start, seconds, *zip(*words, strict=True)))
            start, words = seconds, []
    if words:  # the decoder ran out of tokens, or leaves the end open
        segments.append(Segment(start, math.inf, *zip(*words, strict=True)))
    return segments


def is_unreliable(text: str, segments: Sequence[Segment], no_speech: float) -> bool:
    """Whether Whisper would not trust what it wrote of a window (Radford et al., 2022, 4.5)."""
    content = text.encode()
    if len(content) > MAX_COMPRESSION_RATIO * len(zlib.compress(content)):
        return True
    logprobs = [logprob for segment in segments for logprob in segment.logprobs]
    unsure = not logprobs or np.mean(logprobs) < MIN_MEAN_LOGPROB
    return bool(unsure and no_speech > MAX_NO_SPEECH_PROBABILITY)


def _first_timestamp(generation: Any, checkpoint: str) -> int:  # noqa: ANN401
    """Token of the time 0: it follows the one that asks for no times."""
    no_timestamps = getattr(generation, "no_timestamps_token_id", None)
    if no_timestamps is None:
        raise ConfigError(
            f"The {_ROLE} {checkpoint!r} writes no times: its generation_config.json "
            "has no no_timestamps_token_id."
        )
    return int(no_timestamps) + 1
