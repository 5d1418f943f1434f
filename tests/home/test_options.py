import re

import pytest

from teachtext.errors import ConfigError
from teachtext.home.options import Options, group_in, group_pattern, options_that_count


@pytest.mark.parametrize(
    ("pattern", "group"),
    [("(.+)/", "a/b"), ("^[^/]+", "a"), ("(x)|(b)", "b"), ("q", None)],
)
def test_what_a_video_was_cut_from_is_in_its_id(pattern, group):
    assert group_in(re.compile(pattern), "a/b/c.mp4") == group


@pytest.mark.parametrize(
    ("group", "words"),
    [("film", "makes all videos one group"), ("q", "fits no id. Ids are such as 'film1.mp4'"),
     ("(", "'\\(' is no pattern: missing \\), ")],
)  # fmt: skip
def test_a_pattern_that_tells_nothing_apart_is_refused(group, words):
    ids = ["film2.mp4", "film1.mp4"]
    with pytest.raises(ConfigError, match=words):
        group_pattern(group, ids, must=True)


def test_a_pattern_of_before_may_fit_nothing_now():
    assert group_pattern("q", ["film1.mp4"], must=False) == re.compile("q")
    assert group_pattern(None, ["film1.mp4"], must=True) is None


BEFORE = {"captions": ["t.csv"], "text_columns": ["what"], "group": "(.+)/", "other": 1}


def test_what_was_chosen_before_counts_until_something_else_is(tmp_path):
    kept = options_that_count(BEFORE, Options(), tmp_path)
    assert (kept.captions, kept.text_columns, kept.group) == (["t.csv"], ["what"], "(.+)/")
    group = options_that_count(BEFORE, Options(group="film"), tmp_path)
    assert (group.captions, group.group) == (["t.csv"], "film")
    other = options_that_count(BEFORE, Options(captions=["txt"]), tmp_path)
    assert (other.captions, other.text_columns, other.group) == (["txt"], (), "(.+)/")


def test_a_table_is_remembered_wherever_it_was_typed(tmp_path, monkeypatch):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/t.csv").touch()
    monkeypatch.chdir(tmp_path / "sub")
    kept = options_that_count({}, Options(captions=["t.csv", "txt"]), tmp_path)
    assert kept.captions == ["sub/t.csv", "txt"]
