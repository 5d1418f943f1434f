import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teachtext.errors import DatasetError
from teachtext.interop.features.placing import in_order, place_captions, read_words
from teachtext.tables.dataset import Caption


def caption(video, number, text):
    return Caption(f"{video}#{number}", video, "train", text)


TABLE = [caption("a", 0, "A dog barks."), caption("a", 1, "It's a cat"), caption("b", 0, "b")]


def test_captions_are_placed_by_their_letters():
    words = {"a": ["it 's a cat", "a dog barks ."]}
    assert place_captions(TABLE, words, {"a": 2, "b": 1}) == {"a#0": 1, "a#1": 0, "b#0": 0}


def test_equal_captions_are_placed_one_after_another():
    twice = [caption("a", 0, "same"), caption("a", 1, "Same!"), caption("a", 2, "same")]
    assert place_captions(twice, {"a": ["same", "same"]}, {"a": 2}) == {"a#0": 0, "a#1": 1}


def test_without_words_captions_are_placed_in_order_if_they_are_as_many():
    assert place_captions(TABLE, {}, {"a": 2, "b": 2}) == {"a#0": 0, "a#1": 1}


def test_words_beyond_the_vectors_place_nothing():
    assert place_captions(TABLE, {"b": ["x", "b"]}, {"b": 1}) == {}


def test_captions_are_ordered_by_the_words_of_their_video():
    ordered = in_order(TABLE, {"vid1": ["it is", "its a cat", "a dog barks"]}, {"vid1": "a"})
    assert [c.caption_id for c in ordered] == ["a#1", "a#0", "b#0"]


@given(order=st.permutations(range(5)))
def test_any_order_of_the_words_gives_each_caption_its_own(order):
    own = [caption("a", number, f"caption {number}") for number in range(5)]
    places = place_captions(own, {"a": [f"caption {number}" for number in order]}, {"a": 5})
    assert [order[places[c.caption_id]] for c in own] == [0, 1, 2, 3, 4]


def test_words_are_texts_or_lists_of_words(tmp_path):
    (tmp_path / "w.pkl").write_bytes(pickle.dumps({"a": [["a", "dog"], "a cat"]}))
    assert read_words(tmp_path / "w.pkl") == {"a": ["a dog", "a cat"]}
    (tmp_path / "w.pkl").write_bytes(pickle.dumps({"a": [[1, 2]]}))
    with pytest.raises(DatasetError, match="no texts"):
        read_words(tmp_path / "w.pkl")
