import pickle

import pytest

from tests.support.benchmark_files import put


@pytest.mark.parametrize("name", ["queryd", "querydsegments"])
def test_words_are_joined(native, rows, name):
    native.put(name)
    found = rows(native.read(name), "caption_id", "split", "caption")
    assert found[:2] == [
        ("video-v0#0", "train", "first this"),
        ("video-v0#1", "train", "then that"),
    ]
    assert [row[1] for row in found[::2]] == ["train"] * 3 + ["val"] + ["test"] * 2


def test_captions_may_be_texts(native, rows):
    name = "raw_captions_combined_filtered-v2.pkl"
    put(native.folder, name, pickle.dumps({"a": ["one two"], "b": ["x"], "c": ["y"], "d": ["z"]}))
    for split, video in (("train", "a"), ("val", "b"), ("test", "c")):
        put(native.folder, f"exists_{split}_list.txt", [video])
    imported = native.read("queryd")
    assert rows(imported)[0] == ("a", "train", "one two")
    assert imported.remarks == {"captions of videos of no split": ["d"]}


@pytest.mark.parametrize("prefix", ["video-", ""])
def test_videos_may_lack_the_prefix_of_their_ids(native, touch, prefix):
    native.put("queryd")
    names = [f"{prefix}v{n}.mp4" for n in range(6)]
    assert len(native.read("queryd", videos=touch(*names)).videos) == 6
