"""Sound by any audio network that the transformers library loads. Audio in, one row per window."""

# Shape suffixes: S = samples, W = windows, D = features, P = phases of a filter, K = its taps.
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F
from transformers import AutoConfig, AutoFeatureExtractor

from teachtext.errors import ConfigError
from teachtext.experts.networks.batching import BatchedNetwork, Times
from teachtext.experts.networks.sound import padded
from teachtext.pretrained.hub import first_line, load_checkpoint, load_part
from teachtext.video.media import SAMPLE_RATE, Audio

_ROLE = "audio network"

_WINDOW_SECONDS = 10.0
"""For networks that take sound of any length, such as wav2vec 2.0."""

MIN_WINDOW_SECONDS = 0.25
"""What is left over at the end and shorter than this has no row, unless it is all there is."""

AST_HOP_SECONDS = 0.01
"""Kaldi's step between two frames of a spectrogram, which its extractor has no name for."""

_BATCH_WINDOWS = 16
"""Windows in the network at once on a GPU."""

SINC_ZEROS = 64
SINC_ROLLOFF = 0.95
KAISER_BETA = 10.0
"""Resampling passes 90 % of the lower rate's band and lets through 1e-5 of what lies beyond it."""


class TransformersAudio(BatchedNetwork[Audio, dict[str, Tensor]]):
    """Pooled output of an audio network, such as AST (Gong et al., 2021) or CLAP (Wu et al., 2023).

    Consecutive windows of the network's own length: 10.24 s for AST, 10 s for CLAP. The row is
    CLAP's projection into the space it shares with text, the network's own pooled output, or the
    mean over time of its last hidden states, whichever comes first. Silence has rows.
    """

    def __init__(self, *, checkpoint: str, precision: str = "float32", device: str = "cpu") -> None:
        """Load the network and its feature extractor.

        Args:
            checkpoint: Hub ID or local folder of the checkpoint.
            precision: ``float32``, ``bfloat16`` or ``float16``.
            device: ``cpu`` or ``cuda``.

        Raises:
            ConfigError: There is no such checkpoint, or it is no audio network.
        """
        if load_part(AutoConfig, checkpoint, _ROLE).is_encoder_decoder:
            raise ConfigError(
                f"The {_ROLE} {checkpoint!r} writes text. Use network transformers-speech for it."
            )
        self._extractor = load_part(AutoFeatureExtractor, checkpoint, _ROLE)
        if not hasattr(self._extractor, "sampling_rate"):
            raise ConfigError(f"Checkpoint {checkpoint!r} is no {_ROLE}: its input is not sound.")
        loaded = load_checkpoint(
            checkpoint,
            _ROLE,
            precision=precision,
            device=device,
            may_lack=("masked_spec_embed",),  # stands for what training hides
        )
        super().__init__(loaded, gpu_batch=_BATCH_WINDOWS, cpu_batch=1)
        self._window_samples = round(_window_seconds(self._extractor) * SAMPLE_RATE)
        self._resampler = Resampler(int(self._extractor.sampling_rate))
        self.dim = self._probe_dim(checkpoint)

    def inputs(self, videos: Sequence[Audio]) -> Iterator[tuple[int, dict[str, Tensor]]]:
        """What the network takes for each window; no sound at all has none."""
        for index, audio in enumerate(videos):
            for begin, end in window_bounds(len(audio.samples_S), self._window_samples):
                yield index, self._window(audio.samples_S, begin, end)

    @torch.inference_mode()
    def embed(self, batch: dict[str, Tensor]) -> Tensor:
        """(W, D) float32 vectors of windows."""
        moved = {
            name: value.to(self.device, self._dtype if value.is_floating_point() else None)
            for name, value in batch.items()
        }
        return _pooled(self.model, moved).float()

    def times(self, video: Audio) -> Times:
        """Start and end of each window."""
        bounds = window_bounds(len(video.samples_S), self._window_samples)
        begins, ends = np.array(bounds, np.float64).reshape(-1, 2).T / SAMPLE_RATE
        return begins, ends

    def _window(self, samples_S: NDArray[np.float32], begin: int, end: int) -> dict[str, Tensor]:
        """What the network takes for one window, without a batch axis."""
        end = max(end, begin + round(MIN_WINDOW_SECONDS * SAMPLE_RATE))  # less is not one frame
        samples = self._resampler(samples_S, begin, end)
        inputs = self._extractor(
            samples, sampling_rate=self._extractor.sampling_rate, return_tensors="pt"
        )
        if "is_longer" in inputs:
            # CLAP's extractor calls a window chosen at random longer than it is, as in training.
            inputs["is_longer"] = torch.zeros_like(inputs["is_longer"])
        return {name: value[0] for name, value in inputs.items()}

    def _probe_dim(self, checkpoint: str) -> int:
        """Width of a row, by a window of silence."""
        silence = self._window(np.zeros(self._window_samples, np.float32), 0, self._window_samples)
        try:
            rows = self.embed({name: value[None] for name, value in silence.items()})
        except (TypeError, ValueError, AttributeError) as error:
            raise ConfigError(
                f"The {_ROLE} {checkpoint!r} gives no features of sound: {first_line(error)}"
            ) from error
        return int(rows.shape[1])


def window_bounds(samples: int, window_samples: int) -> list[tuple[int, int]]:
    """First sample of each window and the one after its last; a short rest at the end has none."""
    shortest = min(round(MIN_WINDOW_SECONDS * SAMPLE_RATE), samples)
    begins = range(0, samples - shortest + 1, window_samples) if samples else ()
    return [(begin, min(begin + window_samples, samples)) for begin in begins]


class Resampler:
    """Band-limited change of the sampling rate of a part of a sound (Smith and Gossett, 1984).

    A polyphase filter: a sinc under a Kaiser window, sampled at each of the P positions that a
    new sample can have between two old ones.
    """

    def __init__(self, rate: int) -> None:
        """Design the filter.

        Args:
            rate: New sampling rate in samples per second.
        """
        common = math.gcd(rate, SAMPLE_RATE)
        self._up, self._down = rate // common, SAMPLE_RATE // common
        cutoff = SINC_ROLLOFF * min(1.0, rate / SAMPLE_RATE)
        self._reach = math.ceil(SINC_ZEROS / cutoff)
        taps = np.arange(-self._reach, self._reach + self._down)
        offsets_PK = taps - np.arange(self._up)[:, None] * self._down / self._up
        inside = np.maximum(1 - (offsets_PK / self._reach) ** 2, 0)
        filter_PK = np.sinc(cutoff * offsets_PK) * np.i0(KAISER_BETA * np.sqrt(inside))
        filter_PK[np.abs(offsets_PK) > self._reach] = 0
        filter_PK /= filter_PK.sum(axis=1, keepdims=True)
        self._filter_PK = torch.from_numpy(filter_PK.astype(np.float32))

    def __call__(self, samples_S: NDArray[np.float32], begin: int, end: int) -> NDArray[np.float32]:
        """Samples ``begin`` to ``end`` at the new rate; silence lies beyond the sound's ends.

        The filter sees the samples around the part, so parts join without a seam.
        """
        if self._up == self._down:
            return padded(samples_S, begin, end)
        count = (end - begin) * self._up // self._down
        steps = -(-count // self._up)
        around = padded(samples_S, begin - self._reach, begin + steps * self._down + self._reach)
        phases_PS = F.conv1d(
            torch.from_numpy(around)[None, None], self._filter_PK[:, None], stride=self._down
        )[0]
        resampled: NDArray[np.float32] = phases_PS.T.reshape(-1)[:count].contiguous().numpy()
        return resampled


def _window_seconds(extractor: Any) -> float:  # noqa: ANN401
    """How much sound the network was trained to hear at once."""
    if hasattr(extractor, "nb_max_samples"):  # CLAP
        return float(extractor.nb_max_samples / extractor.sampling_rate)
    if hasattr(extractor, "num_mel_bins") and hasattr(extractor, "max_length"):  # AST
        return float(extractor.max_length * AST_HOP_SECONDS)
    return _WINDOW_SECONDS


def _pooled(model: Any, inputs: dict[str, Tensor]) -> Tensor:  # noqa: ANN401
    """(W, D) output of the network."""
    if hasattr(model, "get_audio_features"):
        output = model.get_audio_features(**inputs)
        if isinstance(output, Tensor):  # before transformers 5
            return output
    else:
        output = model(**inputs)
    pooled: Tensor | None = getattr(output, "pooler_output", None)
    if pooled is not None:
        return pooled
    states: Tensor = output.last_hidden_state
    return states.mean(dim=1)
