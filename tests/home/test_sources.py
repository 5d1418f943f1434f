import pytest

from teachtext.errors import ConfigError, DatasetError
from teachtext.home.lookup import Lookup
from teachtext.home.options import Options, options_that_count
from teachtext.home.sources import take_captions, with_texts_beside
from teachtext.home.survey import name_of, survey_folder

TABLE = "file,what\na.mp4,a dog runs home\nb.mp4,a cat is asleep\n"


@pytest.fixture
def home(tmp_path):
    for name in ("a.mp4", "b.mp4", "sub/c.mp4"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    return tmp_path


def taken(home, *wanted, before=(), remembered=None, **asked):
    survey = survey_folder(home)
    lookup = Lookup([name_of(path, home) for path in survey.videos], {}, str(home))
    now = Options(wanted, **asked)
    chosen = options_that_count({"kinds": before, **(remembered or {})}, now, home)
    found = take_captions(survey, home, lookup, chosen, now)
    return found, survey.remarks


def names(sources):
    return [source.name for source in sources]


def test_without_text_there_are_no_captions(home):
    found, remarks = taken(home)
    assert (found.descriptions, found.sources, found.others, remarks) == ([], [], [], {})


def test_what_describes_most_videos_is_taken_and_others_are_told(home):
    (home / "t.csv").write_text(TABLE)
    (home / "a.txt").write_text("a dog\n")
    (home / "other.csv").write_text("n,x\n1,2\n")
    found, remarks = taken(home)
    assert names(found.sources) == ["t.csv"]
    assert found.sources[0].told == "columns: videos 'file', text 'what'"
    assert names(found.others) == ["txt"]
    assert remarks == {"tables that name no video here, or say nothing of it": ["other.csv"]}
    (home / "b.txt").write_text("a cat\n")
    (home / "sub/c.txt").write_text("a cow\n")
    assert names(taken(home)[0].sources) == ["txt"]


def test_what_was_taken_before_is_taken_again(home):
    (home / "t.csv").write_text(TABLE)
    (home / "a.txt").write_text("a dog\n")
    assert names(taken(home, before=["txt"])[0].sources) == ["txt"]
    assert names(taken(home, before=["srt"])[0].sources) == ["t.csv"]


def test_tables_of_equal_columns_are_taken_together(home):
    (home / "t.csv").write_text(TABLE)
    (home / "sub/t.csv").write_text("file,what\nc.mp4,a cow eats grass\n")
    found, _ = taken(home)
    assert names(found.sources) == ["t.csv", "sub/t.csv"]
    assert [one.video for one in found.descriptions] == ["a.mp4", "b.mp4", "sub/c.mp4"]


def test_others_can_be_chosen(home, tmp_path_factory):
    (home / "t.csv").write_text(TABLE)
    (home / "a.txt").write_text("a dog\n")
    outside = tmp_path_factory.mktemp("outside") / "o.csv"
    outside.write_text("x,y,z\na,a dog runs home,ein Hund\n")
    assert names(taken(home, "txt")[0].sources) == ["txt"]
    assert names(taken(home, "t.csv", "txt")[0].sources) == ["t.csv", "txt"]
    assert names(taken(home, "none")[0].sources) == []
    assert names(taken(home, "auto")[0].sources) == ["t.csv"]
    found, _ = taken(home, str(outside), text_columns=["z"])
    assert names(found.sources) == [str(outside)]
    assert [one.text for one in found.descriptions] == ["ein Hund"]


@pytest.mark.parametrize(
    ("wanted", "asked", "words"),
    [
        (["q.csv"], {}, "--captions 'q.csv' is no table here. Give a file that ends in .csv, "),
        (["a.mp4"], {}, "--captions 'a.mp4' is no table here"),
        ([], {"text_columns": ["q"]}, "has all of the columns 'q'. There are: none"),
    ],
)
def test_what_is_not_there_cannot_be_chosen(home, wanted, asked, words):
    (home / "t.csv").write_text(TABLE)
    with pytest.raises(ConfigError, match=words):
        taken(home, *wanted, **asked)


def test_what_was_chosen_before_may_be_gone(home):
    (home / "a.txt").write_text("a dog\n")
    chosen = {"captions": ["t.csv"], "text_columns": ["what"]}
    found, remarks = taken(home, remembered=chosen)
    assert (found.sources, names(found.others)) == ([], ["txt"])
    assert remarks == {"tables that were chosen and are gone, --captions chooses others": ["t.csv"]}
    (home / "t.csv").write_text(TABLE)
    assert names(taken(home, remembered=chosen)[0].sources) == ["t.csv"]


def test_a_chosen_table_that_names_no_video_is_refused(home):
    (home / "t.csv").write_text("file,what\nq.mp4,a dog runs home\n")
    with pytest.raises(DatasetError, match="has no column that names videos of the folder"):
        taken(home, "t.csv")


def test_a_damaged_table_stops_only_who_chose_it(home):
    (home / "t.csv").write_text('file,what\na.mp4,"a dog\n')
    assert list(taken(home)[1]) == ["tables that cannot be read"]
    with pytest.raises(DatasetError, match="is no CSV after line 2"):
        taken(home, "t.csv")


def test_a_row_that_may_be_read_in_two_ways_is_refused_with_its_line(home):
    (home / "t.csv").write_text(
        "file,what,more\na.mp4,a dog runs home,to the sea\nb.mp4,a cat, is asleep,on a bed\n"
    )
    with pytest.raises(DatasetError, match=r"t.csv line 3 has 4 cells, .* \(1 such rows\)"):
        taken(home)


def test_texts_in_another_encoding_are_read_and_told(home):
    (home / "a.txt").write_bytes("ein Bär\n".encode("cp1252"))
    (home / "b.txt").write_bytes("ein Hund\n".encode("utf-16"))
    (home / "sub/c.txt").write_bytes(b"\x00\xff\x00")
    found, remarks = taken(home)
    assert [one.text for one in found.descriptions] == ["ein Bär", "ein Hund"]
    assert remarks == {
        "texts in cp1252, not UTF-8": ["a.txt"],
        "texts in UTF-16, not UTF-8": ["b.txt"],
        "texts that cannot be read": ["sub/c.txt"],
    }


def test_of_very_many_tables_the_first_are_opened(home):
    for number in range(30):
        (home / f"{number:02}.json").write_text("[]")
    _, remarks = taken(home)
    (left,) = [about for what, about in remarks.items() if "not opened" in what]
    assert left == [str(home / f"{number}.json") for number in range(20, 30)]


def test_texts_beside_fill_what_no_table_describes(home):
    (home / "t.csv").write_text(TABLE)
    (home / "a.txt").write_text("another dog\n")
    (home / "sub/c.txt").write_text("a cow\n")
    found = with_texts_beside(taken(home)[0])
    assert [one.text for one in found.descriptions][2:] == ["a cow"]
    assert found.others == []
