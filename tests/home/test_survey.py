from collections import Counter

import pytest

from teachtext.home.survey import name_of, same_content, survey_folder


@pytest.fixture
def put(tmp_path):
    def write(name, content=b"x"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    return write


def names(survey, root):
    return [name_of(path, root) for path in survey.videos]


def test_videos_are_found_at_any_depth_and_what_is_none_is_counted(put, tmp_path):
    for name in ("b/c/y.MKV", "x.mp4", "a.jpg", "b/z.JPG", "b/README", ".hidden/z.mp4", ".z.mp4"):
        put(name)
    survey = survey_folder(tmp_path)
    assert names(survey, tmp_path) == ["x.mp4", "b/c/y.MKV"]
    assert survey.others == {".jpg": 2, "no suffix": 1}
    assert survey.remarks == {}


def test_what_a_run_made_is_left_alone(put, tmp_path):
    for name in ("x.mp4", "results/a.mp4", "logs/b.txt", "sub/results/c.mp4"):
        put(name)
    (tmp_path / ".snakemake").mkdir()
    assert names(survey_folder(tmp_path), tmp_path) == ["x.mp4", "sub/results/c.mp4"]


def test_links_are_followed_but_in_no_circle(put, tmp_path):
    home, other = tmp_path / "home", tmp_path / "other"
    put("home/x.mp4")
    put("home/sub/y.mp4")
    put("other/z.mp4")
    (home / "a").symlink_to(home / "sub")
    (home / "sub/up").symlink_to(home)
    (home / "linked").symlink_to(other)
    (home / "again").symlink_to(other)
    (home / "file.mp4").symlink_to(other / "z.mp4")
    (home / "gone.mp4").symlink_to(other / "gone.mp4")
    survey = survey_folder(home)
    assert names(survey, home) == ["file.mp4", "x.mp4", "sub/y.mp4", "again/z.mp4"]
    assert survey.remarks == {
        "files that cannot be read (No such file or directory)": [str(home / "gone.mp4")],
        "links to a folder that they are in, not followed": [str(home / "sub/up")],
    }


def test_what_only_has_the_name_of_a_video_is_none(put, tmp_path):
    put("empty.mp4", b"")
    put("program.ts", b"export const x = 1")
    put("stream.ts", b"\x47\x40")
    put("camera.mts", b"\0\0\0\0\x47")
    (tmp_path / "folder.mp4").mkdir()
    survey = survey_folder(tmp_path)
    assert names(survey, tmp_path) == ["camera.mts", "stream.ts"]
    assert survey.remarks == {"empty files": [str(tmp_path / "empty.mp4")]}
    assert survey.others == Counter([".mp4", ".ts"])


def test_an_unreadable_folder_is_named(put, tmp_path):
    put("x.mp4")
    put("closed/y.mp4")
    (tmp_path / "closed").chmod(0)
    try:
        list((tmp_path / "closed").iterdir())
    except PermissionError:
        survey = survey_folder(tmp_path)
        named = {"folders that cannot be read (Permission denied)": [str(tmp_path / "closed")]}
        assert survey.remarks == named
    else:
        pytest.skip("root reads everything")
    finally:
        (tmp_path / "closed").chmod(0o700)


def test_texts_beside_videos_and_tables_are_found(put, tmp_path):
    for name in ("a.b.mp4", "a.b.txt", "a.b.mp4.txt", "a.b.en.srt", "a.b.de-DE.vtt", "c.avi"):
        put(name)
    for name in ("c.mp4", "c.json", "c.txt", "notes.txt", "sub/t.csv", "t.xlsx", "videos.csv"):
        put(name)
    put("sub/captions.csv")
    survey = survey_folder(tmp_path)
    video = tmp_path / "a.b.mp4"
    assert survey.sidecars == {
        "txt": {
            video: [tmp_path / "a.b.mp4.txt", tmp_path / "a.b.txt"],
            tmp_path / "c.avi": [tmp_path / "c.txt"],
            tmp_path / "c.mp4": [tmp_path / "c.txt"],
        },
        "srt": {video: [tmp_path / "a.b.en.srt"]},
        "vtt": {video: [tmp_path / "a.b.de-DE.vtt"]},
    }
    tables = ["t.xlsx", "sub/captions.csv", "sub/t.csv"]
    assert survey.tables == [str(tmp_path / name) for name in tables]
    assert survey.others == {".json": 1, ".txt": 1}


def test_a_name_that_is_no_text_is_named(put, tmp_path):
    put("x.mp4")
    (tmp_path / "b\udcff.mp4").write_bytes(b"x")
    survey = survey_folder(tmp_path)
    assert names(survey, tmp_path) == ["x.mp4"]
    assert list(survey.remarks) == ["files or folders whose names are no text"]


def test_files_of_the_same_content_are_found(put):
    long = b"a" * 70_000
    content = {"1": b"ab", "2": b"ba", "3": b"ab", "4": b"ab", "5": long + b"1", "6": long + b"2"}
    paths = {name: put(name, one) for name, one in content.items()}
    sizes = {path: path.stat().st_size for path in paths.values()}
    assert same_content(sizes) == {paths["3"]: paths["1"], paths["4"]: paths["1"]}
