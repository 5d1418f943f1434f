import pytest

from teachtext.errors import DatasetError
from tests.support.benchmark_files import TEST, TRAIN, VAL, msrvtt, put


def test_the_full_split_is_the_authors(native, rows):
    native.put("msrvtt-full")
    found = rows(native.read("msrvtt-full"), "caption_id", "video_id", "split")
    assert found[:3] == [("0", "v0", "train"), ("1", "v0", "train"), ("2", "v1", "train")]
    assert found[6:9] == [("6", "v3", "val"), ("7", "v3", "val"), ("100", "v4", "test")]
    assert len(found) == 12


@pytest.mark.parametrize("name", ["MSRVTT_data.json", "MSRVTT_v2.json"])
def test_one_joined_file_serves_as_well(native, rows, name):
    native.put("msrvtt-full")
    parts = rows(native.read("msrvtt-full"))
    for path in native.folder.iterdir():
        path.unlink()
    splits = dict.fromkeys(TRAIN, "train") | dict.fromkeys(VAL, "validate")
    put(native.folder, name, msrvtt(splits | dict.fromkeys(TEST, "test")))
    assert rows(native.read("msrvtt-full")) == parts


def test_both_the_joined_file_and_its_parts_tell_each_caption_once(native):
    native.put("msrvtt-full")
    splits = dict.fromkeys(TRAIN, "train") | dict.fromkeys(TEST, "test")
    put(native.folder, "MSRVTT_data.json", msrvtt(splits))
    imported = native.read("msrvtt-full")
    assert len(imported.captions) == 10
    assert [file.name for file in imported.files] == ["MSRVTT_data.json"]


def test_1ka_tests_on_one_caption_of_each_listed_video(native, rows):
    native.put("msrvtt-1ka")
    found = rows(native.read("msrvtt-1ka"), "caption_id", "video_id", "split", "caption")
    assert [row[1] for row in found[::2]] == ["v0", "v1", "v2", "v3", "v4", "v5"]
    assert {row[2] for row in found[:-1]} == {"train"}
    assert found[-1] == ("ret0", "v5", "test", "one, and another")


def test_1ka_7k_needs_no_captions_of_the_test_set(native, rows):
    native.put("msrvtt-1ka-7k")
    (native.folder / "test_videodatainfo.json").unlink()
    found = rows(native.read("msrvtt-1ka-7k"))
    assert {row[0] for row in found if row[1] == "train"} == {"v0", "v1", "v2", "v3"}
    assert [row[0] for row in found if row[1] == "test"] == ["v5"]


def test_the_authors_list_serves_for_1ka_as_well(native, rows):
    native.put("msrvtt-1ka")
    listed = rows(native.read("msrvtt-1ka"))
    (native.folder / "MSRVTT_train.9k.csv").unlink()
    put(native.folder, "train_list_jsfusion.txt", [*TRAIN, *VAL, "v4"])
    assert rows(native.read("msrvtt-1ka")) == listed


def test_1kb_tests_on_the_first_caption(native, rows):
    native.put("msrvtt-1kb")
    found = rows(native.read("msrvtt-1kb"))
    assert [row for row in found if row[1] == "test"] == [
        ("v3", "test", "thing 0 of v3"),
        ("v5", "test", "thing 0 of v5"),
    ]
    assert [row[0] for row in found if row[1] == "train"] == [
        video for video in ("v0", "v1", "v2", "v4") for _ in range(2)
    ]


def test_a_test_video_in_the_training_list_is_not_trained_on(native, rows):
    native.put("msrvtt-1ka")
    put(native.folder, "MSRVTT_train.9k.csv", ["video_id", *TRAIN, "v5"])
    imported = native.read("msrvtt-1ka")
    assert [row for row in rows(imported) if row[0] == "v5"] == [("v5", "test", "one, and another")]
    (remark,) = imported.remarks
    assert remark.startswith("videos in two splits, kept in test")
    assert imported.remarks[remark] == ["v5"]


def test_listed_videos_without_captions_are_told(native):
    native.put("msrvtt-1kb")
    put(native.folder, "train_list_miech.txt", [*TRAIN, "v99"])
    assert native.read("msrvtt-1kb").remarks["videos of the lists without captions"] == ["v99"]


def test_captions_of_videos_that_are_not_there_are_told(native):
    native.put("msrvtt-full")
    data = msrvtt(dict.fromkeys(TEST, "test"))
    data["sentences"].append({"video_id": "v77", "caption": "who?", "sen_id": 9})
    data["videos"].append({"video_id": "v78", "split": "unheard of"})
    data["sentences"].append({"video_id": "v78", "caption": "what?", "sen_id": 10})
    put(native.folder, "test_videodatainfo.json", data)
    assert native.read("msrvtt-full").remarks["captions of videos of no split"] == ["v77", "v78"]


@pytest.mark.parametrize("data", [{"sentences": [], "videos": [{"video_id": "v"}]}, {}, [1]])
def test_another_layout_is_one_line(native, data):
    put(native.folder, "MSRVTT_data.json", data)
    with pytest.raises(DatasetError, match=r"MSRVTT_data.json is not laid out as") as error:
        native.read("msrvtt-full")
    assert "\n" not in str(error.value)
