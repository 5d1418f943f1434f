import pytest
from hypothesis import given
from hypothesis import strategies as st

from teachtext.interop.features.ids import match_ids


def test_an_id_is_the_videos_own_or_translated_or_has_an_ending():
    matched = match_ids(
        ["v_a", "vid2", "c.mov.mp4", "else"], ["v_a", "b", "c"], {"vid2": "b", "v_a": "b"}
    )
    assert matched.foreign == {"v_a": "v_a", "b": "vid2", "c": "c.mov.mp4"}
    assert matched.unknown == ["else"]
    assert matched.repeated == []


def test_of_two_ids_of_a_video_the_first_counts():
    matched = match_ids(["a.mp4", "a", "a.avi"], ["a"], {})
    assert matched.foreign == {"a": "a.mp4"}
    assert matched.repeated == ["a", "a.avi"]


@pytest.mark.parametrize(
    ("given", "video"),
    [("a.b.mp4", "a.b"), ("a.b.mov.mp4", "a.b"), ("a.mp4", "a"), ("a.c.mp4", "a"), ("a.b", "a.b")],
)
def test_an_id_may_have_dots_of_its_own(given, video):
    assert match_ids([given], ["a", "a.b"], {}).foreign == {video: given}


@given(ids=st.lists(st.text(), unique=True))
def test_own_ids_are_always_found(ids):
    matched = match_ids(ids, ids, {})
    assert set(matched.foreign) == set(ids)
    assert not matched.unknown
