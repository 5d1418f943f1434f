import pytest

from tests.support.benchmark_files import put, put_lists


def test_descriptions_follow_the_lists(native, rows):
    native.put("msvd")
    assert rows(native.read("msvd"), "caption_id", "split", "caption") == [
        ("v0#0", "train", "someone does 0"),
        ("v0#1", "train", "someone does 1"),
        ("v1#0", "val", "someone does 0"),
        ("v1#1", "val", "someone does 1"),
        ("v2#0", "test", "someone does 0"),
        ("v2#1", "test", "someone does 1"),
    ]


def test_numbers_serve_as_lists(native, rows):
    native.put("msvd")
    for split in ("train", "val", "test"):
        (native.folder / f"{split}_list.txt").unlink()
    put(native.folder, "youtube_mapping.txt", ["v0 vid1200", "v1 vid1201", "v2 vid1301"])
    assert [row[:2] for row in rows(native.read("msvd"))[::2]] == [
        ("v0", "train"),
        ("v1", "val"),
        ("v2", "test"),
    ]


def test_lists_may_have_numbers(native, rows):
    native.put("msvd")
    listed = rows(native.read("msvd"))
    put(native.folder, "youtube_mapping.txt", ["v0 vid7", "v1 vid8", "v2 vid9"])
    put_lists(native.folder, train=["vid7"], val=["vid8"], test=["vid9"])
    assert rows(native.read("msvd")) == listed


def test_videos_may_be_named_by_numbers(native, touch):
    native.put("msvd")
    put(native.folder, "youtube_mapping.txt", ["v0 vid7", "v1 vid8", "v2 vid9"])
    imported = native.read("msvd", videos=touch("vid7.avi", "vid8.mp4", "v2.avi", "vid9.avi"))
    assert [video.path.name for video in imported.videos] == ["vid7.avi", "vid8.mp4", "v2.avi"]


HEAD = "VideoID,Start,End,WorkerID,Source,AnnotationTime,Language,Description"


@pytest.mark.parametrize("name", ["MSR Video Description Corpus.csv", "video_corpus.csv"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_of_the_corpus_english_is_taken(native, rows, name, end):
    lines = [HEAD]
    for video in ("a", "b", "c"):
        lines += [f"{video},1,9,7,clean,20,{word}" for word in ("English,Café", "French,Oui")]
    put(native.folder, name, end.join(lines).encode("latin-1"))
    put_lists(native.folder, train=["a_1_9"], val=["b_1_9"], test=["c_1_9"])
    assert rows(native.read("msvd")) == [
        ("a_1_9", "train", "Café"),
        ("b_1_9", "val", "Café"),
        ("c_1_9", "test", "Café"),
    ]


def test_latin_text_has_no_line_ends_but_newlines(native, rows):
    native.put("msvd")
    path = native.folder / "AllVideoDescriptions.txt"
    path.write_bytes(path.read_bytes() + "v0 wait\x85 what é\r\n".encode("latin-1"))
    assert rows(native.read("msvd"))[-1] == ("v0", "train", "wait what é")
