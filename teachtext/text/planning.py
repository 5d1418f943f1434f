"""Before a run: what embedding captions will cost, estimated from a few of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch

from teachtext.config.text import TextEncoderSettings
from teachtext.runtime.apart import Stopwatch, run_apart
from teachtext.runtime.memory import keep_freed_memory
from teachtext.text.encoders.registry import load_text_encoder


@dataclass(frozen=True)
class EncoderCost:
    """Cost of one text encoder.

    Attributes:
        start_seconds: Time until the encoder is ready in seconds, once per job.
        seconds: Time per caption in seconds.
        tokens: Number of tokens of each caption of the sample.
        dim: Width of a token vector.
        peak_bytes: Memory of the job in bytes.
    """

    start_seconds: float
    seconds: float
    tokens: Sequence[int]
    dim: int
    peak_bytes: int


def time_encoder(settings: TextEncoderSettings, captions: Sequence[str]) -> EncoderCost:
    """Embed a few captions, in a process as a job has it.

    Args:
        settings: Entry of the text encoder in config.yaml.
        captions: Captions to embed, different ones.
    """
    apart = run_apart(_time_encoder, settings, captions)
    start_seconds = apart.start_seconds + apart.outcome.start_seconds
    return replace(apart.outcome, start_seconds=start_seconds, peak_bytes=apart.peak_bytes)


def _time_encoder(settings: TextEncoderSettings, captions: Sequence[str]) -> EncoderCost:
    watch = Stopwatch()
    keep_freed_memory()
    torch.set_num_threads(1)
    encoder = load_text_encoder(**settings.model_dump(exclude_none=True))
    encoder.encode(captions[:1])  # some load what they need with the first one
    start_seconds, watch = watch.seconds(), Stopwatch()
    vectors = encoder.encode(captions)
    seconds = watch.seconds() / len(captions)
    return EncoderCost(start_seconds, seconds, [len(one) for one in vectors], encoder.dim, 0)
