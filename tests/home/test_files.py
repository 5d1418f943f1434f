import pytest

from teachtext.home.files import gone_files, moved_files, read_lengths
from teachtext.home.survey import survey_folder
from tests.support.clips import write_clip


def rows(*paths):
    return [{"video_id": path, "path": path} for path in paths]


def test_files_that_are_not_there_are_gone(tmp_path):
    for name in ("a.mp4", ".b.mp4", "file"):
        (tmp_path / name).write_bytes(b"x")
    survey = survey_folder(tmp_path)
    table = rows("a.mp4", ".b.mp4", "c.mp4", "file/d.mp4", f"{tmp_path}/no/e.mp4", "n" * 300)
    gone = gone_files(table, survey, tmp_path)
    assert gone == {"c.mp4", "file/d.mp4", f"{tmp_path}/no/e.mp4"}


SIZES = {"a/x": 7, "b/y": 8, "c/z": 9, "d/z": 9}


@pytest.mark.parametrize(
    ("new", "moved"),
    [
        ({"n/x": 7, "n/y": 8}, {"a/x": "n/x", "b/y": "n/y"}),
        ({"n/x": 8, "n/q": 7}, {}),
        ({"n/x": 7, "m/x": 7}, {}),
        ({"n/z": 9}, {}),
        ({}, {}),
    ],
)
def test_a_file_of_the_same_name_and_size_was_moved_if_it_is_the_only_one(new, moved):
    assert moved_files(SIZES, SIZES, new) == moved


def test_what_was_never_measured_was_not_moved():
    assert moved_files(["a/x"], {}, {"n/x": 7}) == {}


def test_what_is_no_video_is_left_out_unless_it_is_in_the_table(tmp_path):
    clip = write_clip(tmp_path / "a.mp4", seconds=1, sound=False)
    for name in ("b.mp4", "c.mp4"):
        (tmp_path / name).write_text("no video")
    survey = survey_folder(tmp_path)
    lengths = read_lengths(survey, {"c.mp4"}, tmp_path)
    assert list(lengths.seconds) == [clip]
    assert set(survey.videos) == {clip, tmp_path / "c.mp4"}
    problem = "(not a readable video (Invalid data found when processing input))"
    assert survey.remarks == {
        f"files left out {problem}": ["b.mp4"],
        f"videos that cannot be read now {problem}": ["c.mp4"],
    }
