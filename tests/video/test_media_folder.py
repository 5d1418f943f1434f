import numpy as np
import pytest

from teachtext.errors import StoreError
from teachtext.video.media_folder import MediaFolder, MediaItem

PIXELS = np.arange(5 * 2 * 3 * 3, dtype=np.uint8).reshape(5, 2, 3, 3)
SECONDS = (0.0, 0.5, 1.0, 1.5, 2.0)


@pytest.fixture
def media(tmp_path):
    work = MediaFolder(tmp_path / "work")
    work.path.mkdir()
    work.pixels_path("k1").write_bytes(PIXELS.tobytes())
    work.samples_path("k1").write_bytes(np.ones(7, "<f4").tobytes())
    shape = {"height": 2, "width": 3, "samples": 7}
    work.keep(MediaItem("../'a'", "k1", False, 2.5, SECONDS, **shape))
    work.keep(MediaItem("b", "k2", True, 0.0, problem="torn"))
    work.keep(MediaItem("old", "k3", True, 0.0))
    (work.path / ".k1.pixels.123.tmp").touch()
    work.finish(["k1", "k2"], tmp_path / "media", ffmpeg="9.0")
    return MediaFolder(tmp_path / "media")


def test_a_finished_shard_holds_its_videos_and_nothing_else(media):
    items = media.items()
    assert list(items) == ["../'a'", "b"]
    assert items["b"].problem == "torn"
    names = {path.name for path in media.path.iterdir()}
    assert names == {"k1.json", "k1.pixels", "k1.samples", "k2.json", "items.json"}


@pytest.mark.parametrize("rows", [[0, 1, 2, 3, 4], [0, 2, 4], [1], [], [3, 4, 0]])
def test_frames_are_read_in_slices(media, rows):
    frames = media.frames(media.items()["../'a'"], np.array(rows, np.int64))
    assert frames.seconds_T.tolist() == [SECONDS[row] for row in rows]
    for part in (slice(None), slice(1, 3), slice(0, 1)):
        assert np.array_equal(frames.pixels_THWC[part], PIXELS[rows][part])
    blocks = list(frames.blocks(2))
    assert [len(block) for block in blocks] == [2] * (len(rows) // 2) + [1] * (len(rows) % 2)


def test_sound_comes_back(media):
    assert media.audio(media.items()["../'a'"]).samples_S.tolist() == [1.0] * 7


def test_a_raw_file_of_the_wrong_size_is_named(media):
    path = media.pixels_path("k1")
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(StoreError, match=r"k1.pixels is damaged"):
        media.items()


def test_a_folder_that_is_not_finished_is_named(tmp_path):
    with pytest.raises(StoreError, match=r"Cannot read .*items\.json: .* Delete .* and run"):
        MediaFolder(tmp_path).items()
