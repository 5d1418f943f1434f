"""Synthetic sounds of the demo clips. NumPy in, samples out; no files."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

DEMO_SAMPLE_RATE = 22_050
"""Samples per second; espeak-ng's own, so that speech needs no resampling."""

Samples = NDArray[np.float64]


def make_sound(name: str, seconds: float, rng: np.random.Generator) -> Samples:
    """Synthesise one sound with a peak of 1.

    Args:
        name: Key of ``SYNTHESISERS``.
        seconds: Duration in seconds.
        rng: Generator that varies pitch and tempo.
    """
    times = np.arange(round(seconds * DEMO_SAMPLE_RATE)) / DEMO_SAMPLE_RATE
    samples = SYNTHESISERS[name](times, rng)
    return normalize(samples)


def normalize(samples: Samples) -> Samples:
    """Scale to a peak of 1; silence stays silent."""
    scaled: Samples = samples / max(float(np.abs(samples).max()), 1e-9)
    return scaled


def mix_track(sound: Samples | None, speech: Samples | None, rng: np.random.Generator) -> Samples:
    """Mix an audio track in which speech stays intelligible over the sound.

    Args:
        sound: Samples with a peak of 1, or None.
        speech: Equally many samples with a peak of 1, or None.
        rng: Generator that varies the levels.
    """
    level = rng.uniform(0.35, 0.8)
    if sound is None:
        sound = np.zeros_like(speech)
    if speech is None:
        return level * sound
    return level * speech + rng.uniform(0.07, 0.12) * sound


def _bell(times: Samples, rng: np.random.Generator) -> Samples:
    # Partials of a church bell relative to its prime; higher ones fade faster.
    partials = np.array([0.5, 1.0, 1.2, 1.5, 2.0, 2.7])[:, None]
    prime = rng.uniform(420, 800)
    age = _age(times, period=rng.uniform(0.8, 1.4))
    tones = np.sin(2 * np.pi * prime * partials * age) * np.exp(-age * (2 + partials))
    return np.asarray(tones.sum(axis=0))


def _siren(times: Samples, rng: np.random.Generator) -> Samples:
    low, high = rng.uniform(450, 650), rng.uniform(1000, 1400)
    sweep = 0.5 - 0.5 * np.cos(2 * np.pi * rng.uniform(0.5, 1.0) * times)
    phase = _phase(low + (high - low) * sweep)
    return np.sin(phase) + 0.4 * np.sin(2 * phase) + 0.2 * np.sin(3 * phase)


def _drum(times: Samples, rng: np.random.Generator) -> Samples:
    beat = 60 / rng.uniform(90, 140)
    age = _age(times, period=beat)
    kick = np.sin(2 * np.pi * (55 * age + 3 * (1 - np.exp(-30 * age)))) * np.exp(-12 * age)
    offbeat = _age(times + beat / 2, period=beat)
    snare = rng.standard_normal(len(times)) * np.exp(-25 * offbeat)
    return np.asarray(kick + 0.4 * snare)


def _rain(times: Samples, rng: np.random.Generator) -> Samples:
    hiss = rng.standard_normal(len(times))
    drops = (rng.random(len(times)) < 60 / DEMO_SAMPLE_RATE) * rng.standard_normal(len(times))
    splash = np.exp(-np.arange(400) / 80) * np.sin(np.arange(400) * rng.uniform(0.4, 0.6))
    swell = 1 + 0.3 * np.sin(2 * np.pi * rng.uniform(0.2, 0.4) * times)
    return 0.3 * swell * _smooth(hiss, 4) + np.convolve(drops, splash)[: len(times)]


def _birds(times: Samples, rng: np.random.Generator) -> Samples:
    song_age = _age(times, period=rng.uniform(0.7, 1.1))
    chirp = rng.uniform(0.08, 0.13)
    age = song_age % chirp
    swing = np.sin(np.pi * age / chirp)
    phase = _phase(rng.uniform(3000, 4000) + 1800 * swing)
    is_singing = song_age < rng.integers(3, 6) * chirp
    return np.where(is_singing, np.sin(phase) * swing**2, 0.0)


def _engine(times: Samples, rng: np.random.Generator) -> Samples:
    revolutions = rng.uniform(45, 80) * (1 + 0.05 * np.sin(2 * np.pi * 0.4 * times))
    phase = _phase(revolutions)
    harmonics = np.arange(1, 13)[:, None]
    hum = (np.sin(harmonics * phase) / harmonics).sum(axis=0)
    hiss = _smooth(rng.standard_normal(len(times)), 40)
    return np.asarray(hum * (1 + 0.3 * np.sin(phase / 2)) + 0.5 * hiss)


def _clock(times: Samples, rng: np.random.Generator) -> Samples:
    period, pitch = rng.uniform(0.4, 0.55), rng.uniform(1800, 2600)
    tick = _age(times, period=2 * period)
    tock = _age(times + period, period=2 * period)
    return _click(tick, pitch) + 0.8 * _click(tock, 0.75 * pitch)


def _phone(times: Samples, rng: np.random.Generator) -> Samples:
    pitch, beep = rng.uniform(850, 1250), rng.uniform(0.07, 0.11)
    age = _age(times, period=10 * beep)
    is_on = (age % (2 * beep) < beep) & (age < 7 * beep)
    return np.where(is_on, np.sign(np.sin(2 * np.pi * pitch * times)), 0.0)


SYNTHESISERS: dict[str, Callable[[Samples, np.random.Generator], Samples]] = {
    "bell": _bell,
    "siren": _siren,
    "drum": _drum,
    "rain": _rain,
    "birds": _birds,
    "engine": _engine,
    "clock": _clock,
    "phone": _phone,
}


def _age(times: Samples, *, period: float) -> Samples:
    """Seconds since the last stroke of a regular beat."""
    return times % period


def _phase(hertz: Samples) -> Samples:
    """Phase of a tone whose frequency changes."""
    return 2 * np.pi * np.cumsum(hertz) / DEMO_SAMPLE_RATE


def _smooth(samples: Samples, width: int) -> Samples:
    """Moving average: a plain low-pass."""
    return np.convolve(samples, np.full(width, 1 / np.sqrt(width)), mode="same")


def _click(age: Samples, pitch: float) -> Samples:
    return np.sin(2 * np.pi * pitch * age) * np.exp(-120 * age)
