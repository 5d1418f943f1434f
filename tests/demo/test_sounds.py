"""Sounds and speech of demo clips."""

import sys
import time
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from teachtext.demo.scenes import Speech
from teachtext.demo.sounds import DEMO_SAMPLE_RATE, SYNTHESISERS, make_sound, mix_track
from teachtext.demo.speech import place, speak
from teachtext.demo.vocabulary import CARRIERS, SOUNDS, SPOKEN, VOICES
from teachtext.errors import MediaError

RIVER = Speech("river", "where is the river today", VOICES[0], 140, 50)


def spectrum(name, seed):
    """Share of power in 32 bands, averaged over the clip."""
    power = np.abs(np.fft.rfft(make_sound(name, 3.0, np.random.default_rng(seed)))) ** 2
    bands = np.sqrt([band.sum() for band in np.array_split(power, 32)])
    return bands / np.linalg.norm(bands)


def onsets(name):
    """How much the loudness changes from one tenth of a second to the next."""
    samples = make_sound(name, 3.0, np.random.default_rng(0))
    loudness = np.array([np.abs(part).mean() for part in np.array_split(samples, 60)])
    return loudness.std() / loudness.mean()


def test_every_sound_can_be_made():
    assert SYNTHESISERS.keys() == SOUNDS.keys()


@pytest.mark.parametrize("name", SOUNDS)
def test_sound_has_the_length_asked_for_and_a_peak_of_one(name):
    samples = make_sound(name, 3.0, np.random.default_rng(0))
    assert len(samples) == 3 * DEMO_SAMPLE_RATE
    assert np.abs(samples).max() == pytest.approx(1)


def test_sounds_differ_in_spectrum_or_rhythm():
    for one, other in combinations(SOUNDS, 2):
        alike = spectrum(one, 0) @ spectrum(other, 0)
        assert alike < 0.9 or abs(onsets(one) - onsets(other)) > 0.2, (one, other)


@pytest.mark.parametrize("name", SOUNDS)
def test_sound_varies_with_the_seed(name):
    one, other = (make_sound(name, 3.0, np.random.default_rng(seed)) for seed in (0, 1))
    assert not np.allclose(one, other)


def test_engine_is_lower_than_birds():
    bands = np.arange(32)
    assert bands @ spectrum("engine", 0) ** 2 < 2 < 6 < bands @ spectrum("birds", 0) ** 2


def test_speech_is_louder_than_the_sound_under_it():
    sound, speech = np.array([1.0, 0.0]), np.array([0.0, 1.0])
    under, over = mix_track(sound, speech, np.random.default_rng(0))
    assert 0 < 2 * under < over < 1


def test_speaking_twice_gives_the_same_samples():
    breathy = replace(RIVER, voice="gmw/en+f3")
    first = speak(breathy)
    time.sleep(1.1)  # espeak-ng would seed its breath with the clock's seconds
    assert np.array_equal(first, speak(breathy))


@pytest.mark.parametrize("voice", VOICES)
def test_longest_sentence_of_every_voice_fits_into_the_shortest_clip(voice):
    word = max(SPOKEN, key=len)
    carrier = max(CARRIERS, key=len)
    speech = replace(RIVER, voice=voice, sentence=carrier.format(word), words_per_minute=120)
    assert len(speak(speech)) / DEMO_SAMPLE_RATE < 3.4


def test_unknown_voice_is_named():
    with pytest.raises(MediaError, match="no voice 'nobody'"):
        speak(replace(RIVER, voice="nobody"))


def test_placed_speech_is_whole_and_as_long_as_the_clip():
    placed = place(np.ones(100), 1.0, np.random.default_rng(0))
    assert len(placed) == DEMO_SAMPLE_RATE
    assert placed.sum() == 100


def test_too_long_speech_loses_its_end():
    assert (
        place(np.ones(2 * DEMO_SAMPLE_RATE), 1.0, np.random.default_rng(0)).sum()
        == DEMO_SAMPLE_RATE
    )


def test_speaker_needs_only_the_standard_library():
    from teachtext.demo import speaker

    lines = Path(speaker.__file__).read_text().splitlines()
    imports = [line.split()[1] for line in lines if line.startswith(("import", "from"))]
    assert set(imports) == {"ctypes", "sys"} < sys.stdlib_module_names
