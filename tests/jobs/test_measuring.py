"""What is measured before a run; tests/test_end_to_end.py measures all of it."""

import numpy as np

from teachtext.jobs.measuring import Measuring, read_tables, time_import
from tests.support.configurations import tiny_config

CAPTIONS = "video_id,caption,split\na,one,train\na,two,train\nb,three,val\nc,four,test\n"


def test_videos_without_captions_count_as_videos(tmp_path):
    (tmp_path / "captions.csv").write_text(CAPTIONS)
    (tmp_path / "videos.csv").write_text("video_id,path\na,a\nb,b\nc,c\nd,d\n")
    dataset = {"name": "own", "videos": "videos.csv", "captions": "captions.csv"}
    sizes = read_tables(tiny_config({"dataset": dataset}), tmp_path).sizes
    assert sizes.videos == 4
    assert sizes.captions == {"train": 2, "val": 1, "test": 1}
    assert sizes.captioned == {"train": 1, "val": 1, "test": 1}


def test_features_alone_have_the_videos_of_the_captions(tmp_path):
    (tmp_path / "captions.csv").write_text(CAPTIONS)
    dataset = {"name": "own", "videos": None, "captions": "captions.csv"}
    experts = {"appearance": {"import": "x.npz", "network": None, "fps": None}}
    others = dict.fromkeys(("motion", "audio", "speech", "ocr"))
    no_rows = dict.fromkeys(("audio", "speech", "ocr"))
    models = {"video_clusters": no_rows, "max_rows": no_rows}
    changes = {"dataset": dataset, "experts": experts | others, "models": models}
    assert read_tables(tiny_config(changes), tmp_path).sizes.videos == 3


def test_imported_features_tell_rows_and_width(tmp_path):
    file = tmp_path / "x.npz"
    values = np.ones((3, 7), np.float32)
    np.savez(file, video_id=np.array(["a", "b"]), features=values, offsets=np.array([0, 1, 3]))
    cost = time_import(file)
    assert (list(cost.rows), cost.dim) == ([1, 2], 7)
    assert cost.seconds > 0
    assert cost.peak_bytes > 0


def test_nothing_left_is_nothing_measured(tmp_path):
    (tmp_path / "captions.csv").write_text(CAPTIONS)
    (tmp_path / "videos.csv").write_text("video_id,path\na,a\nb,b\nc,c\n")
    dataset = {"name": "own", "videos": "videos.csv", "captions": "captions.csv"}
    config = tiny_config({"dataset": dataset})
    tables = read_tables(config, tmp_path)
    measured = Measuring(config, tmp_path, tables, [], cores=2).measure(
        sample=2, seed=0, work=tmp_path
    )
    assert measured.start_seconds > 0
    assert measured.media is None
    assert not measured.experts | measured.encoders | measured.models
