"""`teachtext init`, `add` and `remove` as they are typed."""

import csv
import subprocess
import sys

import openpyxl
import pytest
import yaml

from teachtext.cli import main
from teachtext.tables.checks import check_dataset
from teachtext.tables.dataset import read_captions, read_videos
from tests.support.clips import write_clip
from tests.support.running import ENVIRONMENT

VIDEOS = ["a/x.mp4", "b/x.mp4", "x.mp4", "x.mkv", "y.mp4", "z.mp4"]


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    return write_clip(path, seconds=1, fps=5, sound=False).read_bytes()


@pytest.fixture
def put(tmp_path, clip):
    """Writes a clip of other bytes, of the same pictures, for each name."""

    def write(name, folder="my clips"):
        path = tmp_path / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(clip + name.encode())
        return path

    return write


@pytest.fixture
def home(put, tmp_path):
    for name in VIDEOS:
        put(name)
    rows = [(name, f"these are words, of {name}") for name in VIDEOS[:5]]
    with (tmp_path / "my clips/words.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows([("file", "what"), *rows])
    return tmp_path / "my clips"


@pytest.fixture
def typed(capsys):
    def run(*words):
        main([str(word) for word in words])
        return capsys.readouterr().out

    return run


def refused(*words):
    with pytest.raises(SystemExit) as stopped:
        main([str(word) for word in words])
    assert "\n" not in stopped.value.code
    return stopped.value.code


def tables(home):
    videos, captions = read_videos(home / "videos.csv"), read_captions(home / "captions.csv")
    check_dataset(videos, captions)
    return videos, captions


def splits(home):
    return {caption.video_id: caption.split for caption in tables(home)[1]}


def test_a_folder_becomes_a_home(home, typed):
    (home / "note.pdf").touch()
    (home / "broken.mp4").write_text("no video")
    out = typed("init", home)
    assert "videos: 6, 0.00 hours\ncaptions: 5, of 5 of 6 videos\n" in out
    assert "  from 'words.csv' (columns: videos 'file', text 'what')\n" in out
    assert "left alone: 1 files that are no videos (1 .pdf)\n" in out
    assert "odd: 1 files left out (not a readable video" in out
    assert out.endswith(f"--directory '{home}'\n")
    videos, captions = tables(home)
    assert sorted(video.video_id for video in videos) == sorted(VIDEOS)
    assert all(video.path.is_file() for video in videos)
    assert {caption.split for caption in captions} == {"train", "val", "test"}
    assert captions[0].caption == f"these are words, of {captions[0].video_id}"
    values = yaml.safe_load((home / "config.yaml").read_text())
    dataset = {"name": "my-clips", "videos": "videos.csv", "captions": "captions.csv"}
    assert values == {"dataset": dataset, "report": {"title": "my clips"}}


def test_again_nothing_changes(home, typed):
    typed("init", home)
    written = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    assert "videos.csv: 0 rows more, 0 fewer" in typed("init", home)
    assert {path: path.read_bytes() for path in home.rglob("*") if path.is_file()} == written


def test_videos_come_and_go_and_the_rest_stays(home, put, typed):
    typed("init", home)
    before = splits(home)
    table = home / "captions.csv"
    table.write_text(table.read_text().replace("words, of b/x", "words by hand, of b/x"))
    (home / "y.mp4").unlink()
    for number in range(20):
        put(f"new/{number}.mp4")
    (home / "words.csv").open("a").writelines(f"new/{n}.mp4,the new one {n}\n" for n in range(20))
    typed("init", home)
    after = splits(home)
    assert {video: after[video] for video in before if video != "y.mp4"} == {
        video: split for video, split in before.items() if video != "y.mp4"
    }
    assert "words by hand, of b/x" in table.read_text()
    put("y.mp4")
    typed("init", home)
    assert splits(home)["y.mp4"] == before["y.mp4"]


def test_files_that_were_moved_keep_ids_captions_and_splits(home, typed):
    typed("init", home)
    before = splits(home)
    (home / "a").rename(home / "new")
    assert "files that were moved, and keep their ids: 'a/x.mp4 -> new/x.mp4'" in typed(
        "init", home
    )
    assert splits(home) == before
    assert {video.path for video in tables(home)[0]} >= {home / "new/x.mp4"}


def test_excel_is_read(home, typed):
    (home / "words.csv").unlink()
    book = openpyxl.Workbook()
    for row in (["Datei", "Beschreibung"], ["y", "ein Hund"], ["z", "eine Katze"]):
        book.active.append(row)
    book.save(home / "Texte.xlsx")
    assert "from 'Texte.xlsx, Sheet' (columns: videos 'Datei', text 'Beschreibung')" in typed(
        "init", home
    )
    assert {caption.video_id for caption in tables(home)[1]} == {"y.mp4", "z.mp4"}


def test_without_captions_the_configuration_says_so(home, put, typed):
    (home / "words.csv").unlink()
    assert "splits: none, as no video has a caption" in typed("init", home)
    assert not (home / "captions.csv").exists()
    assert yaml.safe_load((home / "config.yaml").read_text())["dataset"]["captions"] is None
    for name in VIDEOS:
        (home / name).with_suffix(".txt").write_text(f"words of {name}\n")
    typed("init", home)
    assert yaml.safe_load((home / "config.yaml").read_text())["dataset"]["captions"]


@pytest.mark.parametrize(
    ("videos", "said"),
    [
        (1, "none is val or test, so nothing is trained or measured; two or more are needed"),
        (2, "none is val, so no best epoch is chosen: the last one is kept"),
        (3, "1 test videos: each is 100.0 points of R@1"),
    ],
)
def test_too_few_videos_are_said(put, tmp_path, typed, videos, said):
    for number in range(videos):
        put(f"{number}.mp4").with_suffix(".txt").write_text("a dog\n")
    assert said in typed("init", tmp_path / "my clips")


def test_clips_of_a_film_stay_together(put, tmp_path, typed):
    for number in range(12):
        put(f"film{number // 4}-{number}.mp4").with_suffix(".txt").write_text(f"scene {number}\n")
    home = tmp_path / "my clips"
    typed("init", home, "--group", "(.+)-")
    put("film0-77.mp4").with_suffix(".txt").write_text("scene 77\n")
    typed("init", home)
    of_film = {}
    for video, split in splits(home).items():
        of_film.setdefault(video.split("-")[0], set()).add(split)
    assert sorted(map(len, of_film.values())) == [1, 1, 1]
    assert set.union(*of_film.values()) == {"train", "val", "test"}


def test_a_group_that_fits_nothing_is_refused(home):
    assert "'film' is no column of the captions' source" in refused("init", home, "--group", "film")
    assert "'(' is no pattern" in refused("init", home, "--group", "(")
    assert not (home / "videos.csv").exists()


def test_own_ids_of_captions_are_kept(put, tmp_path, typed):
    put("one.mp4")
    home = tmp_path / "my clips"
    (home / "captions.csv").write_text("video_id,caption,split\none,a dog,test\n")
    typed("init", home)
    assert (home / "videos.csv").read_text() == "video_id,path\none,one.mp4\n"


def test_a_folder_without_videos_is_one_line(tmp_path, home, typed):
    (tmp_path / "empty").mkdir()
    assert "has no videos among 0 files" in refused("init", tmp_path / "empty")
    typed("init", home)
    before = (home / "videos.csv").read_bytes()
    for name in VIDEOS:
        (home / name).unlink()
    assert "no videos any more, and its table 6. Is a disk missing?" in refused("init", home)
    assert (home / "videos.csv").read_bytes() == before


def test_a_folder_of_what_is_no_video_is_one_line(tmp_path):
    (tmp_path / "x.mp4").write_text("no video")
    assert "No file can be read as a video: 1 files left out" in refused("init", tmp_path)


def test_a_table_that_lost_a_column_is_one_line(home, typed):
    typed("init", home)
    (home / "captions.csv").write_text("video_id,caption\ny.mp4,a dog\n")
    assert "has no column 'split'" in refused("init", home)
    assert (home / "captions.csv").read_text() == "video_id,caption\ny.mp4,a dog\n"


def test_a_video_is_added_with_the_text_beside_it(home, put, typed):
    assert "has no videos.csv. Run: teachtext init" in refused("add", home, home / "z.mp4")
    typed("init", home)
    outside = put("clip.mp4", "elsewhere")
    put("clip2.mp4", "elsewhere")
    outside.with_suffix(".txt").write_text("from outside\n")
    before = splits(home)
    assert "videos.csv: 1 rows more, 0 fewer; captions.csv: 1 rows more" in typed(
        "add", home, outside
    )
    videos, captions = tables(home)
    assert (videos[-1].video_id, videos[-1].path) == ("clip.mp4", outside)
    assert captions[-1].caption == "from outside"
    assert splits(home).items() > before.items()
    typed("init", home)
    assert tables(home) == (videos, captions)
    typed("add", home, outside.parent)
    assert tables(home)[0][-1].video_id == "elsewhere/clip2.mp4"


def test_what_is_no_video_is_not_added(home, typed):
    typed("init", home)
    assert "words.csv is no video, and has none" in refused("add", home, home / "words.csv")
    assert "none.mp4 is no video" in refused("add", home, home / "none.mp4")


def test_videos_are_removed_by_id_path_or_folder_and_stay_out(home, typed):
    typed("init", home)
    (home / "a/x.txt").write_text("words\n")
    out = typed("remove", home, "y.mp4", home / "a", "b/x.mp4")
    assert "videos.csv: 0 rows more, 3 fewer; captions.csv: 0 rows more, 3 fewer" in out
    assert (home / "y.mp4").exists()
    assert "3 videos that were removed by hand and stay out" in typed("init", home)
    assert {video.video_id for video in tables(home)[0]} == {"x.mp4", "x.mkv", "z.mp4"}
    typed("add", home, home / "y.mp4")
    assert "these are words, of y.mp4" in (home / "captions.csv").read_text()


def test_what_is_in_no_table_cannot_be_removed(home, typed):
    typed("init", home)
    before = (home / "videos.csv").read_bytes()
    assert "'q' is no video of" in refused("remove", home, "y.mp4", "q")
    assert "No video would be left" in refused("remove", home, *VIDEOS)
    assert (home / "videos.csv").read_bytes() == before


def test_two_at_once_lose_nothing(home, put, typed):
    typed("init", home)
    more = [put(f"{number}.mp4", "elsewhere") for number in range(4)]
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "teachtext", "add", str(home), str(path)], env=ENVIRONMENT
        )
        for path in more
    ]
    assert [process.wait() for process in started] == [0, 0, 0, 0]
    assert {video.path for video in tables(home)[0]} >= set(more)
