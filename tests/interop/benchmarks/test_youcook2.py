import json

import pytest

from tests.support.benchmark_files import put


def test_a_segment_is_a_clip_of_its_video(native, rows, touch):
    native.put("youcook2")
    names = ["training/113/v0.mp4", "v1.mkv", "v2.webm", "v4.mp4", "v5.mp4"]
    imported = native.read("youcook2", videos=touch(*names))
    assert rows(imported)[:2] == [("v0_0", "train", "cut it"), ("v0_1", "train", "fry it")]
    assert rows(imported)[-1] == ("v5_1", "test", "fry it")
    first, second, *_ = imported.videos
    assert first.path == second.path
    assert (second.video_id, second.start_seconds, second.end_seconds) == ("v0_1", 20, 31.5)


@pytest.mark.parametrize("segment", [[20, 10], [-1, 5], [0, float("inf")], [1], "soon", None])
def test_seconds_that_are_none_are_told(native, segment):
    native.put("youcook2")
    path = native.folder / "youcookii_annotations_trainval.json"
    data = json.loads(path.read_text())
    data["database"]["v0"]["annotations"][1]["segment"] = segment
    data["database"]["v9"] = {"subset": "testing", "annotations": []}
    put(native.folder, path.name, data)
    imported = native.read("youcook2")
    assert imported.remarks == {
        "clips whose seconds are no part of a video": ["v0_1"],
        "videos of no split": ["v9"],
    }
