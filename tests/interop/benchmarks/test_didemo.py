import pytest

from teachtext.interop.benchmarks.importing import write_dataset
from teachtext.tables.dataset import read_paragraphs


def test_captions_stay_single_and_become_paragraphs_later(native, rows, tmp_path):
    native.put("didemo")
    imported = native.read("didemo")
    assert rows(imported, "caption_id", "video_id", "split", "caption")[:3] == [
        ("v0#0", "v0", "train", "first this"),
        ("v0#1", "v0", "train", "then that"),
        ("v1#2", "v1", "train", "first this"),
    ]
    write_dataset(imported, tmp_path)
    texts = {caption.caption for caption in read_paragraphs(tmp_path / "captions.csv")}
    assert texts == {"first this then that"}


@pytest.mark.parametrize("ending", ["mp4", "mov", "mov.mp4", "3gp"])
def test_videos_are_found_before_their_first_dot(native, touch, ending):
    native.put("didemo")
    imported = native.read("didemo", videos=touch(*(f"v{n}.{ending}" for n in range(6))))
    assert [video.video_id for video in imported.videos] == [f"v{n}" for n in range(6)]
    assert not imported.remarks
