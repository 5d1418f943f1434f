from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teachtext.home.splits import split_groups, stricter_split


@pytest.mark.parametrize(
    ("splits", "strictest"),
    [(["train", "val"], "val"), (["train", "test", "val"], "test"), (["train"], "train")],
)
def test_what_is_measured_is_not_trained_on(splits, strictest):
    assert stricter_split(splits) == strictest


def test_about_70_10_and_20_of_a_hundred():
    counts = Counter(split_groups(map(str, range(10_000)), {}).values())
    assert counts == {"train": 7005, "test": 1996, "val": 999}


@given(st.sets(st.text()), st.sets(st.text()))
def test_no_video_changes_its_split_when_others_come(first, more):
    before = split_groups(first, {})
    after = split_groups(first | more, before)
    assert {group: after[group] for group in first} == before


@given(st.sets(st.text(), min_size=3))
def test_three_are_enough_for_three_splits(groups):
    assert set(split_groups(groups, {}).values()) == {"train", "val", "test"}


@pytest.mark.parametrize(("groups", "splits"), [("", set()), ("ab", {"train", "test"})])
def test_of_two_none_is_val(groups, splits):
    assert set(split_groups(groups, {}).values()) == splits


def test_splits_that_are_missing_are_made_up_for_when_others_come():
    after = split_groups("abcd", {"a": "train"})
    assert after["a"] == "train"
    assert set(after.values()) == {"train", "val", "test"}
