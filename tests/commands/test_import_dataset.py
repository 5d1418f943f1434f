import pytest

from teachtext.cli import main
from teachtext.tables.dataset import read_captions, read_videos
from tests.support.benchmark_files import put, put_1ka


@pytest.fixture
def sources(tmp_path):
    put_1ka(tmp_path / "native")
    for number in range(5):
        put(tmp_path, f"clips/v{number}.mp4", b"")
    put(tmp_path, "clips/v5.MKV", b"")
    return tmp_path


def run(folder, *options, name="msrvtt-1ka"):
    annotations = ["--annotations", str(folder / "native")]
    main(["import-dataset", name, *annotations, *options, "--output", str(folder / "data")])


def test_tables_are_written_and_counts_are_printed(sources, capsys):
    run(sources, "--videos", str(sources / "clips"))
    captions = read_captions(sources / "data/captions.csv")
    videos = read_videos(sources / "data/videos.csv")
    assert {caption.video_id for caption in captions} == {video.video_id for video in videos}
    assert videos[-1].path == sources / "clips/v5.MKV"
    out = capsys.readouterr().out
    assert out.startswith("MSR-VTT, split 1k-A\n")
    assert "train has 8,995 videos fewer than published." in out
    assert "training.keep_epoch: last" in out


def test_held_out_videos_are_the_same_ones_again(sources):
    run(sources, "--hold-out", "2")
    before = (sources / "data/captions.csv").read_bytes()
    run(sources, "--hold-out", "2")
    assert (sources / "data/captions.csv").read_bytes() == before
    assert {caption.split for caption in read_captions(sources / "data/captions.csv")} == {
        "train",
        "val",
        "test",
    }


def test_a_mistake_is_one_line_and_writes_nothing(sources):
    with pytest.raises(SystemExit) as stopped:
        run(sources, name="didemo")
    assert stopped.value.code.startswith("teachtext import-dataset: DiDeMo needs train_data.json")
    assert "\n" not in stopped.value.code
    assert not (sources / "data").exists()


def test_an_unknown_benchmark_is_answered_with_the_known_ones(sources, capsys):
    with pytest.raises(SystemExit):
        run(sources, name="msrvtt")
    assert "'msrvtt-full', 'msrvtt-1ka'" in capsys.readouterr().err
