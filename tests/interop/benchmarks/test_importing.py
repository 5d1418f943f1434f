import hashlib
import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teachtext.errors import ConfigError, DatasetError
from teachtext.interop.benchmarks.importing import import_dataset, write_dataset
from teachtext.tables.dataset import read_captions, read_videos
from tests.support.benchmark_files import msrvtt, put, put_lists

WORD = st.text(min_size=1, max_size=8)
ODD = ["../x", "$(touch x)", "a,b", 'say "hi"', "line\nbreak", "\rreturn", " ", "é猫\u2028", "\0"]


def test_both_tables_are_read_back(native, touch, tmp_path):
    native.put("didemo")
    imported = native.read("didemo", videos=touch(*(f"v{n}.mp4" for n in range(6))))
    write_dataset(imported, tmp_path / "data/didemo")
    assert read_captions(tmp_path / "data/didemo/captions.csv") == imported.captions
    assert read_videos(tmp_path / "data/didemo/videos.csv") == imported.videos
    assert sorted(path.name for path in (tmp_path / "data/didemo").iterdir()) == [
        "captions.csv",
        "import.json",
        "videos.csv",
    ]


def test_without_videos_there_is_no_table_of_them(native, tmp_path, caplog):
    native.put("didemo")
    write_dataset(native.read("didemo"), tmp_path / "data")
    assert not (tmp_path / "data/videos.csv").exists()
    assert not caplog.messages
    put(tmp_path, "data/videos.csv", "mine")
    write_dataset(native.read("didemo"), tmp_path / "data")
    assert (tmp_path / "data/videos.csv").read_text() == "mine"
    assert "videos.csv is left as it was" in caplog.text


def test_paths_within_the_folder_move_with_it_and_others_do_not(native, touch, tmp_path):
    native.put("didemo")
    names = [f"v{n}.mp4" for n in range(6)]
    outside = touch(*names)
    write_dataset(native.read("didemo", videos=outside), tmp_path / "one")
    (tmp_path / "one").rename(tmp_path / "two")
    assert {video.path.parent for video in read_videos(tmp_path / "two/videos.csv")} == {outside}
    outside.rename(tmp_path / "two/clips")
    inside = native.read("didemo", videos=tmp_path / "two/clips")
    write_dataset(inside, tmp_path / "two")
    (tmp_path / "two").rename(tmp_path / "three")
    paths = [video.path for video in read_videos(tmp_path / "three/videos.csv")]
    assert paths == [tmp_path / "three/clips" / name for name in names]


def test_the_account_says_what_was_read_and_what_was_odd(native, touch, tmp_path):
    native.put("msvd")
    text = (native.folder / "AllVideoDescriptions.txt").read_bytes()
    put(native.folder, "AllVideoDescriptions.txt", text + b"v9 lost\n" * 5)
    videos = touch("v0.avi", "v1.avi", "v2.avi")
    imported = native.read("msvd", videos=videos)
    write_dataset(imported, tmp_path / "data")
    account = json.loads((tmp_path / "data/import.json").read_text())
    assert account["benchmark"] == "msvd"
    assert account["counts"]["train"] == {"videos": 1, "captions": 2}
    assert account["published"]["train"] == {"videos": 1200, "captions": 48774}
    assert account["remarks"] == [
        {"what": "captions of videos of no split", "count": 5, "examples": ["v9"] * 3}
    ]
    assert [entry["name"] for entry in account["annotations"]] == [
        "AllVideoDescriptions.txt",
        "train_list.txt",
        "val_list.txt",
        "test_list.txt",
    ]
    content = (native.folder / "AllVideoDescriptions.txt").read_bytes()
    assert account["annotations"][0]["sha256"] == hashlib.sha256(content).hexdigest()


def test_what_is_odd_is_logged(native, caplog):
    native.put("activitynet")
    native.read("activitynet")
    assert caplog.messages == [
        "activitynet: 1 files left out, whose sentences are of val_1's videos again: 'val_2.json'"
    ]


@pytest.mark.parametrize("names", [(), ("v0.mp4", "v1.mp4"), ("v4.mp4",)])
def test_nothing_left_of_train_or_test_is_one_line(native, touch, names):
    native.put("didemo")
    with pytest.raises(
        DatasetError, match=r"DiDeMo: no caption is left of split '(train|test)'"
    ) as e:
        native.read("didemo", videos=touch("elsewhere.mp4", *names))
    assert "videos without a file: 'v" in str(e.value)
    assert "\n" not in str(e.value)


def test_videos_are_held_out_where_there_is_no_val_split(native):
    native.put("msrvtt-1ka")
    counts = native.read("msrvtt-1ka", held_out=2).counts()
    assert (counts["train"].videos, counts["val"].videos, counts["test"].videos) == (3, 2, 1)
    native.put("msvd")
    with pytest.raises(ConfigError, match=r"msvd has a val split.*msrvtt-1ka, .*youcook2"):
        native.read("msvd", held_out=2)


def test_odd_ids_are_ids_and_touch_nothing(native, touch, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = ["$(touch x)", "ü 猫", "'; rm -rf y"]
    splits = {**dict(zip(names, ("train", "validate", "test"), strict=True)), "../../x": "train"}
    put(native.folder, "MSRVTT_data.json", msrvtt(splits))
    videos = touch(*(f"{name}.mp4" for name in names))
    (tmp_path / "x.mp4").touch()
    imported = native.read("msrvtt-full", videos=videos)
    write_dataset(imported, tmp_path / "data")
    assert [video.video_id for video in read_videos(tmp_path / "data/videos.csv")] == names
    assert imported.remarks["videos without a file"] == ["../../x"]
    assert not (tmp_path / "x").exists()


@given(
    texts=st.lists(st.tuples(WORD | st.sampled_from(ODD), st.text(max_size=12)), max_size=12),
    numbered=st.booleans(),
)
def test_whatever_ids_and_captions_the_table_is_read_back(texts, numbered):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        entries = [*texts, ("first", "a"), ("last", "b")]
        data = {
            "videos": [
                {"video_id": video, "split": "test" if video == "last" else "train"}
                for video in dict(entries)
            ],
            "sentences": [
                {"video_id": video, "caption": text} | ({"sen_id": n % 3} if numbered else {})
                for n, (video, text) in enumerate(entries)
            ],
        }
        put(folder, "MSRVTT_data.json", data)
        imported = import_dataset("msrvtt-full", [folder], videos=None, held_out=None)
        write_dataset(imported, folder / "data")
        read = read_captions(folder / "data/captions.csv")
        assert read == imported.captions
        spoken = [(video, text.split()) for video, text in entries if text.split()]
        assert [(c.video_id, c.caption.split()) for c in read] == spoken


NAME = WORD.filter(lambda word: not set(word) & set("/.\0"))


@given(st.lists(NAME, unique=True, min_size=3, max_size=8))
def test_whatever_the_names_of_videos_the_table_is_read_back(names):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for video in names:
            put(folder / "clips", f"{video}.mp4", b"")
        parts = {"train": names[:1], "val": names[1:2], "test": names[2:]}
        for split, videos in parts.items():
            moments = [
                {"video": f"{v}.mov", "description": "x", "annotation_id": 1} for v in videos
            ]
            put(folder, f"{split}_data.json", moments)
        imported = import_dataset("didemo", [folder], videos=folder / "clips", held_out=None)
        write_dataset(imported, folder)
        assert read_videos(folder / "videos.csv") == imported.videos
        assert [video.video_id for video in imported.videos] == names


def test_lists_are_no_captions(native):
    put(native.folder, "AllVideoDescriptions.txt", ["v0"])
    put_lists(native.folder, train=["v0"], val=["v1"], test=["v2"])
    with pytest.raises(DatasetError, match=r"1 empty captions: 'v0#0'"):
        native.read("msvd")
