from tests.support.benchmark_files import put


def id_of(number):
    return f"v{number}_000010_000020"


def test_lists_cut_the_validation_set(native, rows):
    native.put("vatex")
    put(native.folder, "val_list_split1.txt", [id_of(4)])
    put(native.folder, "val_list_split2.txt", [id_of(3)])
    imported = native.read("vatex")
    found = [row[:2] for row in rows(imported)[::2]]
    assert found[3:] == [(id_of(3), "test"), (id_of(4), "val")]
    assert rows(imported)[:2] == [(id_of(0), "train", "one"), (id_of(0), "train", "two")]
    assert imported.remarks == {"videos of no split": [id_of(5)]}


def test_without_lists_it_is_halved_and_said(native, rows):
    native.put("vatex")
    imported = native.read("vatex")
    counts = imported.counts()
    assert (counts["val"].videos, counts["test"].videos) == (1, 2)
    (remark,) = imported.remarks
    assert "halved by a hash" in remark
    assert rows(native.read("vatex")) == rows(imported)


def test_a_whole_video_gets_the_clips_seconds_and_a_clip_none(native, touch):
    native.put("vatex")
    names = [f"v{n}.mp4" for n in range(1, 6)]
    first, second, *_ = native.read("vatex", videos=touch(f"{id_of(0)}.webm", *names)).videos
    assert (first.path.name, first.start_seconds) == (f"{id_of(0)}.webm", None)
    assert (second.path.name, second.start_seconds, second.end_seconds) == ("v1.mp4", 10, 20)
