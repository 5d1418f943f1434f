import numpy as np

from teachtext.experts.networks.recognition import embed_recognised
from teachtext.store.records import Recognised
from teachtext.store.weights import WeightsIdentity, combine_weights


class Spelling:
    """A text encoder with one row per letter: its place in the alphabet, twice."""

    dim = 2
    weights = WeightsIdentity("spelling", "0" * 64)

    def encode(self, captions):
        places = [[ord(letter) - 96 for letter in caption] for caption in captions]
        return [np.repeat(np.array(place, np.float32)[:, None], 2, axis=1) for place in places]


def test_one_row_per_token_with_the_times_of_its_piece():
    pieces = [Recognised("ab", 0.0, 1.5, 0.9), Recognised("c", 2.0, 2.5, 0.8)]
    features = embed_recognised(pieces, Spelling())
    assert features.features_TD.tolist() == [[1, 1], [2, 2], [3, 3]]
    assert features.features_TD.dtype == np.float32
    assert features.start_seconds_T.tolist() == [0, 0, 2]
    assert features.end_seconds_T.tolist() == [1.5, 1.5, 2.5]


def test_the_pieces_are_kept():
    pieces = [Recognised("ab", 0.0, 1.5, 0.9, ((0.0, 0.0), (4.0, 0.0), (4.0, 2.0), (0.0, 2.0)))]
    assert embed_recognised(pieces, Spelling()).recognised == tuple(pieces)


def test_nothing_recognised_gives_no_rows():
    features = embed_recognised([], Spelling())
    assert features.features_TD.shape == (0, 2)
    assert features.start_seconds_T.shape == features.end_seconds_T.shape == (0,)
    assert features.recognised == ()


def test_weights_change_with_either_network():
    first, second, third = (WeightsIdentity(name, name * 64) for name in "abc")
    combined = {combine_weights(first, second), combine_weights(first, third)}
    combined |= {combine_weights(second, first), combine_weights(third, second)}
    assert len({weights.sha256 for weights in combined}) == 4
    assert combine_weights(first, second).name == "a + b"
