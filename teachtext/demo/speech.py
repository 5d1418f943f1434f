"""Spoken sentences of the demo clips, by espeak-ng. Samples out; no files."""

import subprocess
import sys

import numpy as np

from teachtext.demo import speaker
from teachtext.demo.scenes import Speech
from teachtext.demo.sounds import DEMO_SAMPLE_RATE, Samples, normalize
from teachtext.errors import MediaError
from teachtext.pretrained.packages import package_folder


def speak(speech: Speech) -> Samples:
    """Speak the sentence, with a peak of 1; the same samples every time.

    Args:
        speech: Sentence to speak, with its voice, speaking rate and pitch.

    Raises:
        PackageError: Espeakng_loader, which brings espeak-ng, is not installed.
        MediaError: Espeak-ng says nothing.
    """
    package_folder("espeakng_loader")
    import espeakng_loader  # only the demo needs it

    settings = [speech.voice, str(speech.words_per_minute), str(speech.pitch), speech.sentence]
    paths = [espeakng_loader.get_library_path(), espeakng_loader.get_data_path()]
    # Isolated and without site-packages: it starts in half the time.
    command = [sys.executable, "-I", "-S", speaker.__file__, *paths, *settings]
    done = subprocess.run(command, capture_output=True, check=False, timeout=60)
    samples = np.frombuffer(done.stdout, np.int16).astype(np.float64)
    if done.returncode != 0 or not samples.any():
        reason = done.stderr.decode(errors="replace").strip() or f"exit {done.returncode}"
        raise MediaError(f"espeak-ng could not say {speech.sentence!r}: {reason}.")
    return normalize(samples)


def place(samples: Samples, seconds: float, rng: np.random.Generator) -> Samples:
    """Put speech somewhere into silence of the clip's length; too long speech loses its end.

    Args:
        samples: Samples of the speech.
        seconds: Duration of the clip in seconds.
        rng: Generator that chooses the position.
    """
    silence = np.zeros(round(seconds * DEMO_SAMPLE_RATE))
    start = int(rng.integers(max(1, len(silence) - len(samples))))
    fitting = samples[: len(silence) - start]
    silence[start : start + len(fitting)] = fitting
    return silence
