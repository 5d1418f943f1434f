from pathlib import Path

import pytest

from teachtext.errors import DatasetError
from teachtext.home.columns import (
    Asked,
    Description,
    choose_columns,
    describe_videos,
    seconds_text,
    with_header,
)
from teachtext.home.lookup import Lookup
from teachtext.interop.given_tables import GivenTable

LOOKUP = Lookup(["a.mp4", "b.mp4", "c.mp4"], {}, "/root")
WORDS = ["a dog runs home", "two cats are asleep", "it is a cow"]


def table(columns, *rows):
    numbered = [(number, list(row)) for number, row in enumerate(rows, start=2)]
    return GivenTable(Path("t.csv"), "", columns, numbered, ",")


def chosen(columns, *rows, **asked):
    given = table(columns, *rows)
    found = choose_columns(given, LOOKUP, "", Asked(**asked))
    return found and (columns[found.video], [columns[at] for at in found.texts])


@pytest.mark.parametrize(
    ("columns", "rows", "taken"),
    [
        (["x", "y"], [("a", WORDS[0]), ("b", WORDS[1])], ("x", ["y"])),
        (["y", "x"], [(WORDS[0], "a"), (WORDS[1], "b")], ("x", ["y"])),
        (["n", "f", "caption"], [("1", "a", "dog"), ("2", "b", "cat")], ("f", ["caption"])),
        (["f", "by", "y"], [("a", "Ann Lee", WORDS[0]), ("b", "Bo", WORDS[1])], ("f", ["y"])),
        (["f", "y", "z"], [("a", *WORDS[:2]), ("b", *WORDS[1:])], ("f", ["y", "z"])),
        (["f", "y", "©"], [("a", WORDS[0], "it's free now"), ("b", WORDS[1], "it's free now")],
         ("f", ["y"])),
        (["f", "y"], [("a", "a dog"), ("b", "a cat")], ("f", ["y"])),
        (["f", "n"], [("a", "1"), ("b", "2")], None),
        (["f", "y"], [("q", WORDS[0])], None),
    ],
)  # fmt: skip
def test_columns_are_found_by_what_they_hold(columns, rows, taken):
    assert chosen(columns, *rows) == taken


def test_columns_can_be_chosen():
    rows = [("a", "b", WORDS[0], "dog"), ("b", "a", WORDS[1], "cat")]
    columns = ["f", "g", "y", "z"]
    assert chosen(columns, *rows, video="g", texts=("z",)) == ("g", ["z"])
    with pytest.raises(DatasetError, match=r"no column 'q'. It has: 'f', 'g', 'y', 'z'"):
        chosen(columns, *rows, video="q")


def described(columns, *rows, **asked):
    given = with_header(table(columns, *rows), LOOKUP, "")
    found = choose_columns(given, LOOKUP, "", Asked(**asked))
    return describe_videos(given, found, LOOKUP, "")


def test_a_table_without_a_header_has_numbered_columns():
    said = described(["a.mp4", WORDS[0]], ("b.mp4", WORDS[1]))
    assert said.descriptions == [Description("a.mp4", WORDS[0]), Description("b.mp4", WORDS[1])]


def test_clips_splits_and_groups_are_read():
    columns = ["f", "start", "end", "y", "split", "film"]
    said = described(columns, ("a", "0:05", "1:10.5", WORDS[0], "Validation", "f1"), group="film")
    assert said.descriptions == [Description("a.mp4", WORDS[0], "5", "70.5", "val", "f1")]


@pytest.mark.parametrize("name", ["start_frame", "start_ms", "t"])
def test_what_may_be_no_seconds_is_no_start(name):
    said = described(["f", name, "y"], ("a", "5", WORDS[0]))
    assert said.descriptions == [Description("a.mp4", WORDS[0])]


@pytest.mark.parametrize(
    ("columns", "row", "text"),
    [
        (["f", "y"], ("a", "a dog", " it runs"), "a dog, it runs"),
        (["y", "f"], ("a dog", " it runs", " home", "b"), "a dog, it runs, home"),
        (["f", "y", "n"], ("a", "a dog", " it runs", "3"), "a dog, it runs"),
    ],
)
def test_an_unquoted_comma_is_joined_where_that_is_certain(columns, row, text):
    plain = [{"f": "c", "y": WORDS[2], "n": "1"}[name] for name in columns]
    said = described(columns, plain, row)
    assert [one.text for one in said.descriptions] == [WORDS[2], text]
    assert said.problems == []


def test_what_may_be_read_in_two_ways_is_a_problem():
    said = described(["f", "y", "z"], ("a", *WORDS[:2]), ("b", "a dog", " it runs", WORDS[2]))
    assert said.problems == [
        "t.csv line 3 has 4 cells, and the header 3. Put a text that has commas in quotes."
    ]


def test_rows_of_videos_that_are_not_here_are_counted():
    said = described(["f", "y"], ("a", WORDS[0]), ("q", WORDS[1]), ("a,q", "x", "y"))
    assert [one.video for one in said.descriptions] == ["a.mp4"]
    assert said.remarks == {
        "rows of t.csv whose video is not here, or is not the only one": ["q"],
        "rows of t.csv left out, of no video that is here": [
            "line 4 has 3 cells, and the header 2"
        ],
    }


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("12.50", "12.5"), ("1:02", "62"), ("00:01:02,5", "62.5"), ("0", "0"),
     ("12345.678", "12345.678"), ("-1", None), ("1:2:3:4", None),
     ("soon", None), ("nan", None), ("inf", None), ("", None)],
)  # fmt: skip
def test_seconds(text, seconds):
    assert seconds_text(text) == seconds
