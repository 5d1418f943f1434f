import sys
import tracemalloc

import numpy as np
import pytest

from teachtext.errors import PackageError
from teachtext.experts.networks.sound_effects import (
    SoundEffects,
    cut_windows,
    log_mel,
    mel_filters,
)
from teachtext.video.media import SAMPLE_RATE, Audio

SOUNDS = ["bell", "siren", "noise", "ticking", "engine"]


@pytest.fixture(scope="module")
def sound_effects():
    return SoundEffects()


def sound(name, seed, seconds=3.0):
    """A synthetic sound whose pitch and pace vary with the seed."""
    random = np.random.default_rng(seed)
    t = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    pitch, since_stroke = random.uniform(0.8, 1.25), t % random.uniform(0.4, 0.7)
    ring = np.exp(-4 * since_stroke)
    samples = {
        "bell": (np.sin(5000 * pitch * t) + np.sin(13800 * pitch * t)) * ring,
        "siren": np.sin(5000 * pitch * t + 500 * np.sin(3 * t)),
        "noise": random.normal(size=len(t)) * pitch,
        "ticking": random.normal(size=len(t)) * (since_stroke < 0.01),
        "engine": sum(np.sin(500 * pitch * n * t) / n for n in range(1, 9)),
    }[name]
    return Audio((0.2 * samples + random.normal(size=len(t)) * 0.002).astype(np.float32))


def spectrogram_of(samples, filters):
    return np.concatenate(list(log_mel(samples, filters)))


def tone(hertz, seconds=1.0):
    t = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return np.sin(2 * np.pi * hertz * t).astype(np.float32)


def test_the_nearest_neighbour_of_a_sound_is_one_of_its_kind(sound_effects):
    names = [name for name in SOUNDS for _ in range(2)]
    clips = [sound(name, seed) for seed, name in enumerate(names)]
    rows = np.stack([sound_effects.extract(clip).features_TD.mean(axis=0) for clip in clips])
    rows = (rows - rows.mean(axis=0)) / np.linalg.norm(rows - rows.mean(axis=0), axis=1)[:, None]
    nearest = (rows @ rows.T - 2 * np.eye(len(rows))).argmax(axis=1)
    assert [names[index] for index in nearest] == names


@pytest.mark.parametrize(("seconds", "rows"), [(0.001, 1), (0.5, 1), (2.3, 1), (2.4, 2), (5.0, 4)])
def test_windows_overlap_by_half_and_end_with_the_sound(sound_effects, seconds, rows):
    features = sound_effects.extract(Audio(tone(440, seconds)))
    assert features.features_TD.shape == (rows, 512)
    assert features.features_TD.dtype == np.float32
    assert features.start_seconds_T == pytest.approx(np.arange(rows) * 1.161, abs=0.001)
    assert features.end_seconds_T[-1] == pytest.approx(seconds, abs=1e-4)
    assert (features.end_seconds_T > features.start_seconds_T).all()


def test_loudness_does_not_matter_but_faint_noise_stays_faint():
    filters = mel_filters()
    loud, soft = spectrogram_of(tone(440), filters), spectrogram_of(tone(440) / 50, filters)
    np.testing.assert_allclose(loud, soft, atol=1e-4)
    assert spectrogram_of(tone(440) * 1e-6, filters).max() < loud.max() / 2


@pytest.mark.parametrize("hertz", [200, 1000, 4000, 7000])
def test_a_tone_peaks_in_the_band_around_it(hertz):
    spectrogram = spectrogram_of(tone(hertz), mel_filters())
    top = 2595 * np.log10(1 + 22050 / 700)
    band = 2595 * np.log10(1 + hertz / 700) / top * 97 - 1
    assert spectrogram[10:-10].mean(axis=0).argmax() == pytest.approx(band, abs=1)


def test_long_sound_is_cut_into_the_same_blocks(monkeypatch):
    samples, filters = tone(440, 3.0), mel_filters()
    whole = spectrogram_of(samples, filters)
    monkeypatch.setattr("teachtext.experts.networks.sound_effects.MEL_BLOCK_FRAMES", 7)
    np.testing.assert_allclose(spectrogram_of(samples, filters), whole, atol=1e-5)


@pytest.mark.parametrize("seconds", [2.0, 6.0, 11.7])
def test_rows_are_those_of_windows_cut_from_the_whole_spectrogram(
    sound_effects, seconds, monkeypatch
):
    samples = sound("engine", 0, seconds).samples_S
    spectrogram = spectrogram_of(samples, mel_filters())
    starts = range(0, max(1, len(spectrogram) - 50), 50)
    windows = [spectrogram[start : start + 100] for start in starts]
    padded = [np.pad(window, ((0, 100 - len(window)), (0, 0))) for window in windows]
    expected = [sound_effects.embed_windows(window[None])[0] for window in padded]
    for block_frames in (2048, 101, 7):
        monkeypatch.setattr(
            "teachtext.experts.networks.sound_effects.MEL_BLOCK_FRAMES", block_frames
        )
        rows = sound_effects.extract(Audio(samples)).features_TD
        np.testing.assert_allclose(rows, expected, atol=1e-3 * np.abs(expected).max())


def test_the_peak_is_that_of_the_whole_sound(monkeypatch):
    samples = tone(440, 3.0) / 4
    samples[40_000] = -0.9
    expected = spectrogram_of(samples, mel_filters())
    monkeypatch.setattr("teachtext.experts.networks.sound_effects.BLOCK_SAMPLES", 1000)
    assert np.array_equal(spectrogram_of(samples, mel_filters()), expected)


def test_memory_does_not_grow_with_the_length_of_a_sound_on_disk(tmp_path, monkeypatch):
    monkeypatch.setattr("teachtext.experts.networks.sound_effects.MEL_BLOCK_FRAMES", 256)
    monkeypatch.setattr("teachtext.experts.networks.sound_effects.BLOCK_SAMPLES", 100_000)
    peaks = []
    for seconds in (20, 80):
        np.save(tmp_path / "sound.npy", tone(440, seconds))
        mapped, filters = np.load(tmp_path / "sound.npy", mmap_mode="r"), mel_filters()
        tracemalloc.start()
        for _ in cut_windows(log_mel(mapped, filters)):
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.1 * peaks[0]


def test_the_package_itself_is_not_imported(sound_effects):
    assert "aisfx" not in sys.modules


def test_weights_name_the_package(sound_effects):
    assert sound_effects.weights.name == "aisfx 0.1.2"


def test_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "aisfx", None)
    with pytest.raises(PackageError, match=r"'aisfx'.*pip install "):
        SoundEffects()
