import pytest


def test_val_1_is_the_test_split_and_val_2_is_left_out(native, rows):
    native.put("activitynet")
    imported = native.read("activitynet")
    assert rows(imported)[:2] == [("v_v0", "train", "A."), ("v_v0", "train", "B.")]
    assert [row[0] for row in rows(imported) if row[1] == "test"] == ["v_v4"] * 2 + ["v_v5"] * 2
    assert list(imported.remarks.values()) == [["val_2.json"]]
    (native.folder / "val_2.json").unlink()
    assert not native.read("activitynet").remarks


@pytest.mark.parametrize("prefix", ["v_", ""])
def test_videos_may_lack_the_prefix_of_their_ids(native, touch, prefix):
    native.put("activitynet")
    names = [f"{prefix}v{n}.mkv" for n in (0, 1, 2, 4, 5)]
    imported = native.read("activitynet", videos=touch(*names))
    assert [video.path.name for video in imported.videos] == names
