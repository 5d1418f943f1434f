"""Sound by any audio network that the transformers library loads. Audio in, one row per window."""

# Shape suffixes: S = samples, W = windows, D = features, P = phases of a filter, K = its taps.
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F
from transformers import AutoFeatureExtractor

from teachtext.errors import ConfigError
from teachtext.pretrained.hub import LOADING_ERRORS, first_line, load_checkpoint, load_config
from teachtext.store.records import Features
from teachtext.video.media import SAMPLE_RATE, Audio

ROLE = "audio network"

WINDOW_SECONDS = 10.0
"""For networks that take sound of any length, such as wav2vec 2.0."""

MIN_WINDOW_SECONDS = 0.25
"""What is left over at the end and shorter than this has no row, unless it is all there is."""

AST_HOP_SECONDS = 0.01
"""Kaldi's step between two frames of a spectrogram, which its extractor has no name for."""

BATCH_WINDOWS = 16
"""Windows in the network at once on a GPU."""

SINC_ZEROS = 64
SINC_ROLLOFF = 0.95
KAISER_BETA = 10.0
"""Resampling passes 90 % of the lower rate's band and lets through 1e-5 of what lies beyond it."""


class TransformersAudio:
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
        if load_config(checkpoint, ROLE).is_encoder_decoder:
            raise ConfigError(
                f"The {ROLE} {checkpoint!r} writes text. Use network transformers-speech for it."
            )
        self._extractor = _load_extractor(checkpoint)
        loaded = load_checkpoint(
            checkpoint,
            ROLE,
            precision=precision,
            device=device,
            may_lack=("masked_spec_embed",),  # stands for what training hides
        )
        self._model, self._device, self._dtype = loaded.model, loaded.device, loaded.dtype
        self.weights = loaded.weights
        self.videos_per_batch = 16 if self._device.type == "cuda" else 1
        self._batch_windows = BATCH_WINDOWS if self._device.type == "cuda" else 1
        self._window_samples = round(_window_seconds(self._extractor) * SAMPLE_RATE)
        self._resampler = Resampler(int(self._extractor.sampling_rate))
        self.dim = self._probe_dim(checkpoint)

    def extract_batch(self, videos: Sequence[Audio]) -> list[Features]:
        """One row per window of each video; T = 0 where there is no sound at all."""
        bounds = [window_bounds(len(audio.samples_S), self._window_samples) for audio in videos]
        windows = (
            self._inputs(audio.samples_S, begin, end)
            for audio, pairs in zip(videos, bounds, strict=True)
            for begin, end in pairs
        )
        batches = _stack_alike(windows, self._batch_windows)
        rows = [np.zeros((0, self.dim), np.float32), *(self._embed(batch) for batch in batches)]
        per_video = np.split(np.concatenate(rows), np.cumsum([len(pairs) for pairs in bounds])[:-1])
        return [
            Features(
                rows_WD,
                np.array([begin / SAMPLE_RATE for begin, _ in pairs], np.float64),
                np.array([end / SAMPLE_RATE for _, end in pairs], np.float64),
            )
            for rows_WD, pairs in zip(per_video, bounds, strict=True)
        ]

    def _inputs(self, samples_S: NDArray[np.float32], begin: int, end: int) -> dict[str, Tensor]:
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

    @torch.inference_mode()
    def _embed(self, inputs: dict[str, Tensor]) -> NDArray[np.float32]:
        """(W, D) rows of a batch."""
        moved = {
            name: value.to(self._device, self._dtype if value.is_floating_point() else None)
            for name, value in inputs.items()
        }
        rows: NDArray[np.float32] = _pooled(self._model, moved).float().cpu().numpy()
        return rows

    def _probe_dim(self, checkpoint: str) -> int:
        """Width of a row, by a window of silence."""
        silence = self._inputs(np.zeros(self._window_samples, np.float32), 0, self._window_samples)
        try:
            rows = self._embed({name: value[None] for name, value in silence.items()})
        except (TypeError, ValueError, AttributeError) as error:
            raise ConfigError(
                f"The {ROLE} {checkpoint!r} gives no features of sound: {first_line(error)}"
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
            return _padded(samples_S, begin, end)
        count = (end - begin) * self._up // self._down
        steps = -(-count // self._up)
        around = _padded(samples_S, begin - self._reach, begin + steps * self._down + self._reach)
        phases_PS = F.conv1d(
            torch.from_numpy(around)[None, None], self._filter_PK[:, None], stride=self._down
        )[0]
        resampled: NDArray[np.float32] = phases_PS.T.reshape(-1)[:count].contiguous().numpy()
        return resampled


def _padded(samples_S: NDArray[np.float32], begin: int, end: int) -> NDArray[np.float32]:
    """(end - begin,) copied samples from ``begin``, which may be negative; zeros outside."""
    inside = samples_S[max(begin, 0) : end]
    before = max(-begin, 0)
    return np.pad(inside, (before, end - begin - before - len(inside)))


def _load_extractor(checkpoint: str) -> Any:  # noqa: ANN401
    try:
        extractor = AutoFeatureExtractor.from_pretrained(checkpoint, trust_remote_code=False)
    except LOADING_ERRORS as error:
        raise ConfigError(f"Cannot load the {ROLE} {checkpoint!r}: {first_line(error)}") from error
    if not hasattr(extractor, "sampling_rate"):
        raise ConfigError(f"Checkpoint {checkpoint!r} is no {ROLE}: its input is not sound.")
    return extractor


def _window_seconds(extractor: Any) -> float:  # noqa: ANN401
    """How much sound the network was trained to hear at once."""
    if hasattr(extractor, "nb_max_samples"):  # CLAP
        return float(extractor.nb_max_samples / extractor.sampling_rate)
    if hasattr(extractor, "num_mel_bins") and hasattr(extractor, "max_length"):  # AST
        return float(extractor.max_length * AST_HOP_SECONDS)
    return WINDOW_SECONDS


def _stack_alike(
    windows: Iterable[dict[str, Tensor]], batch_windows: int
) -> Iterator[dict[str, Tensor]]:
    """Batches of consecutive windows that have the same shape."""
    waiting: list[dict[str, Tensor]] = []
    for window in windows:
        alike = not waiting or _shapes(waiting[0]) == _shapes(window)
        if waiting and (len(waiting) == batch_windows or not alike):
            yield _stack(waiting)
            waiting = []
        waiting.append(window)
    if waiting:
        yield _stack(waiting)


def _shapes(window: dict[str, Tensor]) -> list[torch.Size]:
    return [value.shape for value in window.values()]


def _stack(windows: list[dict[str, Tensor]]) -> dict[str, Tensor]:
    return {name: torch.stack([window[name] for window in windows]) for name in windows[0]}


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
