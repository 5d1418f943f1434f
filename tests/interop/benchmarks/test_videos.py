import os

import pytest

from teachtext.errors import DatasetError
from teachtext.interop.benchmarks.records import SourceClip
from teachtext.interop.benchmarks.video_names import first_part_of, stem_of
from teachtext.interop.benchmarks.videos import find_videos, match_videos
from teachtext.interop.remarks import Remarks
from teachtext.tables.dataset import Caption


@pytest.mark.parametrize(
    ("name", "stem", "first"),
    [
        ("a.mp4", "a", "a"),
        ("a.b.MKV", "a.b", "a"),
        ("_-x.WebM", "_-x", "_-x"),
        ("$(touch x).avi", "$(touch x)", "$(touch x)"),
        ("a.txt", None, None),
        ("mp4", None, None),
        (".mp4", None, None),
    ],
)
def test_stems(name, stem, first):
    assert (stem_of(name), first_part_of(name)) == (stem, first)


def found_in(folder):
    remarks = Remarks()
    return find_videos(folder, stem=stem_of, remarks=remarks), remarks


def test_files_are_found_in_all_folders(touch):
    folder = touch("a.mp4", "sub/b.AVI", "sub/sub/ü c.mkv", "notes.txt")
    files, remarks = found_in(folder)
    assert {name: path.relative_to(folder).as_posix() for name, path in files.items()} == {
        "a": "a.mp4",
        "b": "sub/b.AVI",
        "ü c": "sub/sub/ü c.mkv",
    }
    assert not remarks


def test_of_two_files_with_one_stem_the_first_is_taken(touch):
    folder = touch("a.mp4", "0/a.webm", "a.avi")
    files, remarks = found_in(folder)
    assert files["a"] == folder / "0/a.webm"
    assert remarks == {
        "video files with the name of an earlier one": [
            str(folder / "a.avi"),
            str(folder / "a.mp4"),
        ]
    }


def test_links_are_not_followed_out_of_the_folder(touch, tmp_path):
    folder = touch("a.mp4", "sub/b.mp4")
    (tmp_path / "secret.mp4").touch()
    (tmp_path / "elsewhere").mkdir()
    (folder / "c.mp4").symlink_to(tmp_path / "secret.mp4")
    (folder / "d.mp4").symlink_to(folder / "sub/b.mp4")
    (folder / "e.mp4").symlink_to(folder / "nothing.mp4")
    (folder / "f").symlink_to(tmp_path / "elsewhere")
    (folder / "g").symlink_to(folder)
    files, remarks = found_in(folder)
    assert sorted(files) == ["a", "b", "d"]
    assert [len(about) for about in remarks.values()] == [2, 1]


def test_a_folder_may_itself_be_a_link(touch, tmp_path):
    (tmp_path / "link").symlink_to(touch("a.mp4"))
    assert sorted(found_in(tmp_path / "link")[0]) == ["a"]


def test_names_that_are_no_text_are_told(touch):
    folder = touch("a.mp4")
    (folder / os.fsdecode(b"\xff.mp4")).touch()
    files, remarks = found_in(folder)
    assert sorted(files) == ["a"]
    assert list(remarks) == ["files whose names are no text"]


def test_what_is_no_file_is_no_video(touch):
    folder = touch("a.mp4")
    (folder / "b.mp4").mkdir()
    os.mkfifo(folder / "c.mp4")
    assert sorted(found_in(folder)[0]) == ["a"]


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(DatasetError, match=r"none is no folder"):
        found_in(tmp_path / "none")


def matched(captions, files, clips=None):
    remarks = Remarks()
    videos, kept = match_videos(captions, clips=clips or {}, files=files, remarks=remarks)
    return videos, kept, remarks


def test_captions_go_with_videos_that_have_no_file(tmp_path):
    captions = [Caption("1", "a", "train", "x"), Caption("2", "b", "train", "y")]
    captions.append(Caption("3", "b", "train", "z"))
    files = {"a": tmp_path / "a.mp4", "q": tmp_path / "q.mp4"}
    videos, kept, remarks = matched(captions, files)
    assert [video.path for video in videos] == [tmp_path / "a.mp4"]
    assert kept == captions[:1]
    assert remarks == {
        "videos without a file": ["b"],
        "captions dropped with their videos": ["2", "3"],
        "video files of no video": [str(tmp_path / "q.mp4")],
    }


def test_ids_are_no_paths(tmp_path):
    captions = [Caption("1", "../x", "train", "x"), Caption("2", str(tmp_path / "y"), "train", "y")]
    (tmp_path / "x.mp4").touch()
    _, kept, _ = matched(captions, {"x": tmp_path / "x.mp4", "y": tmp_path / "y.mp4"})
    assert kept == []


def test_the_best_place_of_a_clip_is_taken(tmp_path):
    captions = [Caption("1", "a", "train", "x")]
    clips = {"a": (SourceClip("whole"), SourceClip("part", 2, 5))}
    files = {name: tmp_path / f"{name}.mp4" for name in ("part", "whole")}
    (video,), _, _ = matched(captions, files, clips)
    assert (video.path, video.start_seconds) == (files["whole"], None)
    del files["whole"]
    (video,), _, _ = matched(captions, files, clips)
    assert (video.path, video.start_seconds, video.end_seconds) == (files["part"], 2, 5)
