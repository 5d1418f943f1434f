"""Sounds that are not words, by a network trained on sound-effects libraries. Audio in."""

# Shape suffixes: S = samples, F = spectrogram frames, W = windows, M = mel bands, D = features.
import importlib.util
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from transformers.audio_utils import mel_filter_bank

from teachtext.experts.base import VideoByVideo
from teachtext.experts.networks.sound import padded
from teachtext.pretrained.packages import package_folder, package_version
from teachtext.store.records import Features
from teachtext.store.weights import identify_weights
from teachtext.video.media import SAMPLE_RATE, Audio

NETWORK_RATE = 44_100
"""Samples per second that the network was trained at."""

NETWORK_FRAME = 2048
FRAME_SECONDS = NETWORK_FRAME / NETWORK_RATE
HOP_SECONDS = 1024 / NETWORK_RATE
FRAME_SAMPLES = round(FRAME_SECONDS * SAMPLE_RATE)
MEL_BANDS = 96
WINDOW_FRAMES = 100
WINDOW_HOP_FRAMES = 50
MAX_LOG_MEL = 9.457798957824707
"""Largest value of the training spectrograms, which scales them to [0, 1] (aisfx)."""

QUIETEST_PEAK = 1e-3
"""Peak below which sound is not made louder: -60 dB is silence, not faint noise."""

_BATCH_WINDOWS = 4
MEL_BLOCK_FRAMES = 2048
"""Frames of the spectrogram, 48 s, that are computed at once; bounds memory in long sound."""

BLOCK_SAMPLES = 1 << 22
"""Samples that the peak is looked for in at once."""


class SoundEffects(VideoByVideo[Audio]):
    """Embeddings for indexing sound-effects libraries, 512-d (Ma and Lerch, ISMIR 2022).

    One row per window of 2.3 s, a new one every 1.2 s; silence has rows, no sound at all has
    none. The network was trained at 44.1 kHz. Its spectrogram is computed from 16 kHz directly:
    743 samples span the same 46 ms as its 2048, so bins lie at the same frequencies and only
    those above 8 kHz, of which 16 kHz sound has nothing, are left out.
    """

    dim = 512

    def __init__(self) -> None:
        models = package_folder("aisfx", "--no-deps aisfx") / "models"
        file = models / "checkpoint.pth"
        self.weights = identify_weights(package_version("aisfx"), [file])
        self._network = _load_network(models / "cnn2d.py", file)
        # A third faster on a CPU.
        self._network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._mel = mel_filters()

    def extract(self, audio: Audio) -> Features:
        """One row per window; the last is padded with silence."""
        if not len(audio.samples_S):
            nothing = np.zeros(0)
            return Features(np.zeros((0, self.dim), np.float32), nothing, nothing)
        windows = cut_windows(log_mel(audio.samples_S, self._mel))
        rows = np.concatenate([self.embed_windows(batch) for batch in windows])
        starts = np.arange(len(rows), dtype=np.float64) * WINDOW_HOP_FRAMES * HOP_SECONDS
        ends = np.minimum(starts + WINDOW_FRAMES * HOP_SECONDS, audio.duration_seconds)
        return Features(rows, starts, ends)

    @torch.inference_mode()
    def embed_windows(self, windows_WFM: NDArray[np.float32]) -> NDArray[np.float32]:
        """Rows (W, 512) of windows of the log-mel spectrogram, each of ``WINDOW_FRAMES``."""
        rows: NDArray[np.float32] = self._network(torch.from_numpy(windows_WFM)).numpy()
        return rows


def log_mel(
    samples_S: NDArray[np.float32], filters: NDArray[np.float32]
) -> Iterator[NDArray[np.float32]]:
    """Log-mel spectrogram in about [0, 1], one frame every 23 ms.

    Args:
        samples_S: (S,) Sound at ``SAMPLE_RATE``; scaled to its peak here.
        filters: (bins, 96) Filters returned by ``mel_filters``.

    Yields:
        (<= BLOCK_FRAMES, 96) Consecutive frames; only their samples are in memory.
    """
    peak = max(_peak(samples_S), QUIETEST_PEAK)
    frames = 1 + int(len(samples_S) / SAMPLE_RATE / HOP_SECONDS)
    hann = np.hanning(FRAME_SAMPLES + 1)[:-1].astype(np.float32)
    scale = (NETWORK_FRAME / FRAME_SAMPLES) ** 2
    for first in range(0, frames, MEL_BLOCK_FRAMES):
        block = np.arange(first, min(first + MEL_BLOCK_FRAMES, frames))
        starts = np.round(block * HOP_SECONDS * SAMPLE_RATE).astype(np.int64)
        begin = int(starts[0]) - FRAME_SAMPLES // 2 - 1
        samples = padded(samples_S, begin, begin + int(starts[-1] - starts[0]) + FRAME_SAMPLES)
        offsets = (starts - starts[0])[:, None] + np.arange(FRAME_SAMPLES)
        power = np.abs(np.fft.rfft((samples / peak)[offsets] * hann)) ** 2 * scale
        log_power = np.log10(power.astype(np.float32) @ filters * 1e4 + 1) / MAX_LOG_MEL
        yield log_power.astype(np.float32)


def _peak(samples_S: NDArray[np.float32]) -> float:
    """Largest absolute sample, read in blocks: sound may lie on disk."""
    firsts = range(0, len(samples_S), BLOCK_SAMPLES)
    return max(float(np.abs(samples_S[first : first + BLOCK_SAMPLES]).max()) for first in firsts)


def mel_filters() -> NDArray[np.float32]:
    """(bins up to 8 kHz, 96) triangles on the HTK mel scale up to 22.05 kHz, each of sum 1."""
    bins = NETWORK_FRAME // 2 + 1
    triangles: NDArray[np.float64] = mel_filter_bank(
        bins, MEL_BANDS, 0, NETWORK_RATE / 2, NETWORK_RATE, mel_scale="htk"
    )
    triangles /= np.maximum(triangles.sum(axis=0), 1e-9)
    return triangles[: FRAME_SAMPLES // 2 + 1].astype(np.float32)


def cut_windows(blocks: Iterable[NDArray[np.float32]]) -> Iterator[NDArray[np.float32]]:
    """Batches of (W, 100, 96) half-overlapping windows, the last one padded with silence.

    Args:
        blocks: (F, 96) Consecutive pieces of a spectrogram.
    """
    hop = _BATCH_WINDOWS * WINDOW_HOP_FRAMES
    span = hop - WINDOW_HOP_FRAMES + WINDOW_FRAMES
    waiting = np.zeros((0, MEL_BANDS), np.float32)
    for block in blocks:
        waiting = np.concatenate([waiting, block])
        while len(waiting) > span:
            yield _stack_windows(waiting[:span])
            waiting = waiting[hop:]
    yield _stack_windows(waiting)


def _stack_windows(spectrogram_FM: NDArray[np.float32]) -> NDArray[np.float32]:
    """(W, 100, 96): every window that begins in the spectrogram and holds anything new."""
    beyond_first = max(0, len(spectrogram_FM) - WINDOW_FRAMES)
    count = 1 + -(-beyond_first // WINDOW_HOP_FRAMES)
    length = (count - 1) * WINDOW_HOP_FRAMES + WINDOW_FRAMES
    padded = np.pad(spectrogram_FM, ((0, length - len(spectrogram_FM)), (0, 0)))
    starts = range(0, count * WINDOW_HOP_FRAMES, WINDOW_HOP_FRAMES)
    return np.stack([padded[start : start + WINDOW_FRAMES] for start in starts])


def _load_network(code: Path, checkpoint: Path) -> nn.Module:
    """The embedding network, from the one module of the package that needs nothing else."""
    spec = importlib.util.spec_from_file_location("aisfx_cnn2d", code)
    if spec is None or spec.loader is None:
        raise ImportError(f"Cannot load {code}.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    network: nn.Module = module.EmbeddingNet("max", 3, 1, 64)
    # Beside its tensors the file holds a table of class counts as NumPy scalars. The unpickler
    # stays restricted: it may build those and nothing else.
    build_scalar = np.int64(0).__reduce__()[0]  # NumPy has no public name for it
    allowed: list[Any] = [
        (build_scalar, "numpy.core.multiarray.scalar"),
        np.dtype,
        np.dtypes.Int64DType,
    ]
    with torch.serialization.safe_globals(allowed):
        weights, _ = torch.load(checkpoint, map_location="cpu", weights_only=True)
    prefix = "embedding_net."
    network.load_state_dict(
        {name.removeprefix(prefix): w for name, w in weights.items() if name.startswith(prefix)}
    )
    return network.eval()
