import pytest
from hypothesis import given
from hypothesis import strategies as st

from teachtext.interop.features.matching import Matcher
from teachtext.tables.dataset import Caption


def caption(video, number, text):
    return Caption(f"{video}#{number}", video, "train", text)


TABLE = [caption("a", 0, "A dog barks."), caption("a", 1, "It's a cat"), caption("b", 0, "b")]


def match(ids, videos, translated=None):
    table = [caption(video, 0, "x") for video in videos]
    return Matcher(table, {}, translated or {}).videos(ids)


def places(captions, words, counts):
    return Matcher(captions, words, {}).places(counts)


def test_an_id_is_the_videos_own_or_translated_or_has_an_ending():
    matched = match(
        ["v_a", "vid2", "c.mov.mp4", "else"], ["v_a", "b", "c"], {"vid2": "b", "v_a": "b"}
    )
    assert matched.foreign == {"v_a": "v_a", "b": "vid2", "c": "c.mov.mp4"}
    assert matched.remarks == {"not in the dataset": ["else"]}


def test_of_two_ids_of_a_video_the_first_counts():
    matched = match(["a.mp4", "a", "a.avi"], ["a"])
    assert matched.foreign == {"a": "a.mp4"}
    assert matched.remarks == {"there twice, the first is taken": ["a", "a.avi"]}


@pytest.mark.parametrize(
    ("given", "video"),
    [("a.b.mp4", "a.b"), ("a.b.mov.mp4", "a.b"), ("a.mp4", "a"), ("a.c.mp4", "a"), ("a.b", "a.b")],
)
def test_an_id_may_have_dots_of_its_own(given, video):
    assert match([given], ["a", "a.b"]).foreign == {video: given}


@given(ids=st.lists(st.text(), unique=True))
def test_own_ids_are_always_found(ids):
    matched = match(ids, ids)
    assert set(matched.foreign) == set(ids)
    assert not matched.remarks


def test_items_are_of_captions_by_the_words_of_their_video():
    matcher = Matcher(TABLE, {"vid1": ["its a cat", "a dog barks"]}, {"vid1": "a"})
    found, remarks = matcher.by_caption({"vid1": ["cat", "dog"], "b": ["b"], "c": ["c"]})
    assert found == {"a#0": "dog", "a#1": "cat", "b#0": "b"}
    assert remarks == {"not in the dataset": ["c"]}


def test_captions_are_placed_by_their_letters():
    words = {"a": ["it 's a cat", "a dog barks ."]}
    assert places(TABLE, words, {"a": 2, "b": 1}) == {"a#0": 1, "a#1": 0, "b#0": 0}


def test_equal_captions_are_placed_one_after_another():
    twice = [caption("a", 0, "same"), caption("a", 1, "Same!"), caption("a", 2, "same")]
    assert places(twice, {"a": ["same", "same"]}, {"a": 2}) == {"a#0": 0, "a#1": 1}


def test_without_words_captions_are_placed_in_order_if_they_are_as_many():
    assert places(TABLE, {}, {"a": 2, "b": 2}) == {"a#0": 0, "a#1": 1}


def test_words_beyond_the_vectors_place_nothing():
    assert places(TABLE, {"b": ["x", "b"]}, {"b": 1}) == {}


def test_captions_are_ordered_by_the_words_of_their_video():
    words = {"vid1": ["it is", "its a cat", "a dog barks"]}
    ordered = Matcher(TABLE, words, {"vid1": "a"}).in_order()
    assert [c.caption_id for c in ordered] == ["a#1", "a#0", "b#0"]


@given(order=st.permutations(range(5)))
def test_any_order_of_the_words_gives_each_caption_its_own(order):
    own = [caption("a", number, f"caption {number}") for number in range(5)]
    found = places(own, {"a": [f"caption {number}" for number in order]}, {"a": 5})
    assert [order[found[c.caption_id]] for c in own] == [0, 1, 2, 3, 4]
