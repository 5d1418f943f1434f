import subprocess
import sys

import pytest

from teachtext.errors import ConfigError, DatasetError
from teachtext.home.kept import Kept, holding, read_kept, write_kept
from tests.support.running import ENVIRONMENT

VIDEOS = [{"video_id": "a", "path": "sub/a.mp4"}, {"video_id": "b", "path": "b.mp4"}]
CAPTIONS = [{"caption_id": "7", "video_id": "a", "caption": 'a "dog", runs', "split": "test"}]


def test_what_is_written_is_read(tmp_path):
    kept = Kept(VIDEOS, CAPTIONS, CAPTIONS, VIDEOS, CAPTIONS, {"group": "(.+)/"}, is_new=False)
    write_kept(tmp_path, kept)
    assert read_kept(tmp_path) == kept
    assert (tmp_path / "videos.csv").read_text() == "video_id,path\na,sub/a.mp4\nb,b.mp4\n"


def test_nothing_is_there_at_first(tmp_path):
    assert read_kept(tmp_path) == Kept()


def test_columns_that_somebody_added_stay(tmp_path):
    (tmp_path / "videos.csv").write_text("place,video_id,path\nRome,a,a.mp4\n")
    (tmp_path / "captions.csv").write_text("video_id,caption,split,by\na,x,train,me\na,y,train,\n")
    kept = read_kept(tmp_path)
    write_kept(tmp_path, kept)
    assert (tmp_path / "videos.csv").read_text() == "video_id,path,place\na,a.mp4,Rome\n"
    assert (tmp_path / "captions.csv").read_text() == (
        "caption_id,video_id,caption,split,by\na#0,a,x,train,me\na#1,a,y,train,\n"
    )


def test_paths_are_relative_where_they_can_be(tmp_path):
    text = f"video_id,path\na,./sub/../a.mp4\nb,{tmp_path}/b.mp4\nc,/out/c.mp4\n"
    (tmp_path / "videos.csv").write_text(text)
    paths = [row["path"] for row in read_kept(tmp_path).videos]
    assert paths == ["a.mp4", "b.mp4", "/out/c.mp4"]


def test_without_captions_there_is_no_table_of_them(tmp_path):
    write_kept(tmp_path, Kept(VIDEOS, CAPTIONS))
    write_kept(tmp_path, Kept(VIDEOS, []))
    assert not (tmp_path / "captions.csv").exists()


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("videos.csv", "video_id,file\na,b\n", "has no column 'path' .* mend it, or give a file"),
        ("captions.csv", "video_id,caption\na,b\n", "has no column 'split'"),
        ("captions.csv", "video_id,caption,split\na,a dog, runs,test\n", "row 2 has 4 cells"),
    ],
)
def test_a_table_that_was_spoiled_is_one_line(tmp_path, name, text, words):
    (tmp_path / name).write_text(text)
    with pytest.raises(DatasetError, match=words) as raised:
        read_kept(tmp_path)
    assert "\n" not in str(raised.value)


def test_a_folder_that_is_none_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="is no folder"), holding(tmp_path / "none"):
        pass


HOLDER = """
import sys, time
from pathlib import Path
from teachtext.home.kept import holding
with holding(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(0.5)
    (Path(sys.argv[1]) / "done").touch()
"""


def test_a_second_one_waits(tmp_path):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout.readline() == "held\n"
    with holding(tmp_path):
        assert (tmp_path / "done").exists()
    holder.communicate()
