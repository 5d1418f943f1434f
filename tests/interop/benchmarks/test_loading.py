import subprocess
import sys

import pytest

import teachtext
from teachtext.errors import DatasetError
from teachtext.interop.benchmarks.importing import write_dataset
from tests.support.benchmark_files import put


@pytest.fixture
def data(native, touch, tmp_path):
    native.put("didemo")
    imported = native.read("didemo", videos=touch(*(f"v{n}.mp4" for n in range(6))))
    write_dataset(imported, tmp_path / "data")
    return tmp_path / "data"


def test_an_imported_benchmark_opens(data):
    dataset = teachtext.load_dataset(str(data))
    assert [caption.caption for caption in dataset.split("val")] == ["first this", "then that"]
    assert dataset.video_ids("test") == ["v4", "v5"]
    assert [video.video_id for video in dataset.videos] == [f"v{n}" for n in range(6)]
    assert len(dataset.captions) == 12


def test_videos_may_be_lacking(data):
    (data / "videos.csv").unlink()
    dataset = teachtext.load_dataset(data)
    assert dataset.videos == []
    assert len(dataset.captions) == 12


def test_there_are_three_splits(data):
    dataset = teachtext.load_dataset(data)
    for ask in (dataset.split, dataset.video_ids):
        with pytest.raises(DatasetError, match=r"no split 'dev'. Use one of: train, val, test"):
            ask("dev")


def test_a_folder_without_captions_is_told(tmp_path):
    with pytest.raises(DatasetError, match=r"has no captions.csv.*import-dataset"):
        teachtext.load_dataset(tmp_path)


def test_a_table_that_lacks_a_video_is_told(data):
    put(data, "videos.csv", "video_id,path\nv0,v0.mp4\n")
    with pytest.raises(DatasetError, match="table of videos lacks, first 'v1'"):
        teachtext.load_dataset(data)


def test_the_package_opens_without_its_parts():
    code = "import sys, teachtext; assert 'numpy' not in sys.modules; teachtext.load_dataset"
    subprocess.run([sys.executable, "-c", code], check=True)
    with pytest.raises(AttributeError, match="load_nothing"):
        teachtext.load_nothing  # noqa: B018
