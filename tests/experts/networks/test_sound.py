import numpy as np
import pytest

from teachtext.experts.networks.sound import padded, quiet_pieces
from teachtext.video.media import SAMPLE_RATE


@pytest.mark.parametrize(
    ("begin", "end", "samples"),
    [(0, 3, [1, 2, 3]), (-2, 2, [0, 0, 1, 2]), (2, 5, [3, 0, 0]), (-1, 4, [0, 1, 2, 3, 0])],
)
def test_silence_lies_before_and_behind_a_sound(begin, end, samples):
    assert padded(np.array([1, 2, 3], np.float32), begin, end).tolist() == samples


def test_pieces_end_in_pauses_and_join_to_the_whole():
    sound = np.random.default_rng(0).normal(size=25 * SAMPLE_RATE).astype(np.float32)
    for seconds in (7.5, 16.2):
        sound[round((seconds - 0.2) * SAMPLE_RATE) : round((seconds + 0.2) * SAMPLE_RATE)] = 0
    pieces = list(quiet_pieces(sound, max_seconds=10, search_seconds=5))
    assert [start for start, _ in pieces] == pytest.approx([0, 7.5, 16.2], abs=0.2)
    assert np.array_equal(np.concatenate([samples for _, samples in pieces]), sound)


@pytest.mark.parametrize("seconds", [0, 3, 10])
def test_short_sound_is_one_piece(seconds):
    sound = np.zeros(seconds * SAMPLE_RATE, np.float32)
    ((start, samples),) = quiet_pieces(sound, max_seconds=10, search_seconds=5)
    assert start == 0
    assert len(samples) == len(sound)


def test_no_piece_of_sound_without_pauses_is_too_long():
    sound = np.ones(31 * SAMPLE_RATE, np.float32)
    pieces = [samples for _, samples in quiet_pieces(sound, max_seconds=10, search_seconds=1)]
    assert all(0 < len(samples) <= 10 * SAMPLE_RATE for samples in pieces)
    assert sum(map(len, pieces)) == len(sound)
