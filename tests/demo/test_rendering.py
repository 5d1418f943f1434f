"""Demo clips and tables on disk."""

import csv
import json
import logging
from dataclasses import replace
from functools import partial

import av
import pytest

from teachtext.cli import run
from teachtext.demo import rendering
from teachtext.demo.rendering import render_clip, render_corpus, video_path
from teachtext.demo.scenes import draw_scenes
from teachtext.errors import ConfigError, MediaError

main = partial(run, "render-demo")

SCENES = draw_scenes(train=4, val=1, test=1, seed=0)
SILENT = replace(SCENES[0], sound=None, speech=None, seconds=3.0)
LOUD = replace(SCENES[0], sound="siren", seconds=3.0)


def read_table(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus")
    render_corpus(SCENES, folder, captions_per_clip=5, workers=1)
    return folder


def test_clip_has_the_size_speed_and_length_promised(tmp_path):
    render_clip(LOUD, tmp_path)
    with av.open(video_path(LOUD, tmp_path)) as clip:
        picture = clip.streams.video[0]
        assert (picture.width, picture.height, picture.average_rate) == (320, 240, 15)
        assert (picture.frames, picture.codec.name) == (45, "h264")
        assert clip.streams.audio[0].codec.name == "aac"
        assert clip.duration == pytest.approx(3_000_000, abs=100_000)


def test_clip_without_audio_has_no_audio_stream(tmp_path):
    render_clip(SILENT, tmp_path)
    with av.open(video_path(SILENT, tmp_path)) as clip:
        assert len(clip.streams.audio) == 0


def test_bytes_depend_neither_on_the_run_nor_on_the_workers(corpus, tmp_path):
    render_corpus(SCENES, tmp_path, captions_per_clip=5, workers=2)
    files = sorted(path.relative_to(corpus) for path in corpus.rglob("*") if path.is_file())
    assert len(files) == 9  # six clips, two tables, the scenes
    for file in files:
        assert (tmp_path / file).read_bytes() == (corpus / file).read_bytes(), file


def test_videos_table_points_at_the_clips(corpus):
    rows = read_table(corpus / "videos.csv")
    assert rows[0] == {"video_id": "demo-0000", "path": "videos/demo-0000.mp4"}
    assert all((corpus / row["path"]).exists() for row in rows)


def test_captions_table_has_five_unique_rows_a_clip(corpus):
    rows = read_table(corpus / "captions.csv")
    assert list(rows[0]) == ["video_id", "caption", "split", "caption_id"]
    assert len({row["caption_id"] for row in rows}) == len(rows) == 30
    assert [row["split"] for row in rows[::5]] == ["train"] * 4 + ["val", "test"]


def test_scenes_say_what_is_in_each_clip(corpus):
    scenes = json.loads((corpus / "scenes.json").read_text())["scenes"]
    assert [scene["shape"] for scene in scenes] == [scene.shape for scene in SCENES]


def test_finished_clips_are_not_rendered_again(tmp_path):
    path = video_path(SILENT, tmp_path)
    path.parent.mkdir()
    path.write_text("finished")
    render_corpus([SILENT], tmp_path, captions_per_clip=1, workers=1)
    assert path.read_text() == "finished"


@pytest.fixture
def rendered(monkeypatch):
    """Scenes that were rendered, to empty files."""
    scenes = []

    def render(scene, folder):
        scenes.append(scene)
        video_path(scene, folder).parent.mkdir(exist_ok=True)
        video_path(scene, folder).touch()

    monkeypatch.setattr(rendering, "render_clip", render)
    return scenes


def test_clips_of_another_seed_are_rendered_again(tmp_path, rendered):
    other = replace(SILENT, seed=1)
    for scene in (SILENT, SILENT, other):
        render_corpus([scene], tmp_path, captions_per_clip=1, workers=1)
    assert rendered == [SILENT, other]


def test_clips_of_another_ffmpeg_are_rendered_again(tmp_path, rendered, monkeypatch):
    for version, count in (("5.1", 1), ("5.1", 1), ("9.0", 2)):
        monkeypatch.setattr(rendering, "ffmpeg_version", lambda version=version: version)
        render_corpus([SILENT], tmp_path, captions_per_clip=1, workers=1)
        assert rendered == [SILENT] * count


def test_failed_clip_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(
        rendering, "VIDEO_ENCODING", rendering.VIDEO_ENCODING | {"vcodec": "nonsense"}
    )
    with pytest.raises(MediaError, match=r"demo-0000.*nonsense"):
        render_clip(SILENT, tmp_path)
    assert list((tmp_path / "videos").iterdir()) == []


def test_no_workers_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="got 0"):
        render_corpus([SILENT], tmp_path, captions_per_clip=1, workers=0)


def test_stage_writes_the_corpus_and_says_so(tmp_path, caplog):
    counts = ["--train", "1", "--val", "0", "--test", "0", "--captions-per-clip", "2"]
    with caplog.at_level(logging.INFO):
        main([*counts, "--seed", "0", "--workers", "1", "--output", str(tmp_path / "demo")])
    assert sorted(path.name for path in (tmp_path / "demo").iterdir()) == [
        "captions.csv", "scenes.json", "videos", "videos.csv",
    ]  # fmt: skip
    assert caplog.messages[-1] == "Rendered 1 clips, 2 captions."
