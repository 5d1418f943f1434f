import base64
import io
from dataclasses import replace
from fractions import Fraction

import av
import numpy as np
import pytest
from PIL import Image

from teachtext.errors import MediaError
from teachtext.report.thumbnails import THUMBNAIL_SIZE, Thumbnail, draw_thumbnail, make_thumbnails
from tests.support.clips import record_of, run_ffmpeg

PREFIX = "data:image/jpeg;base64,"


def picture_of(record):
    uri = draw_thumbnail(record)
    assert uri.startswith(PREFIX)
    return Image.open(io.BytesIO(base64.b64decode(uri.removeprefix(PREFIX))))


def main_color(record):
    picture = picture_of(record)
    pixel = picture.getpixel((picture.width // 2, picture.height // 2))
    return ("red", "green", "blue")[pixel.index(max(pixel))]


@pytest.mark.parametrize(
    ("start", "end", "color"),
    [(None, None, "green"), (0.0, 1.0, "red"), (2.0, 3.0, "blue"), (2.0, None, "blue")],
)
def test_middle_of_the_clip(video, start, end, color):
    assert main_color(record_of(video, start_seconds=start, end_seconds=end)) == color


def test_a_file_without_its_middle_shows_its_beginning(video):
    assert main_color(replace(record_of(video), duration_seconds=60.0)) == "red"


def test_size(video):
    assert picture_of(record_of(video)).size == (THUMBNAIL_SIZE, 90)


def write_red_and_blue(path, aspect):
    """A picture, red on the left and blue on the right; a pixel is ``aspect`` times as wide."""
    pixels = np.zeros((80, 160, 3), dtype=np.uint8)
    pixels[:, :80, 0] = pixels[:, 80:, 2] = 200
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 160, 80, "yuv420p"
        stream.codec_context.sample_aspect_ratio = aspect
        container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels)))
        container.mux(stream.encode())


@pytest.mark.parametrize(
    ("aspect", "turned", "size", "red"),
    [
        (Fraction(1), (), (160, 80), (20, 40)),
        (Fraction(1, 2), (), (80, 80), (10, 40)),
        (Fraction(1), ("-display_rotation", "90"), (80, 160), (40, 140)),  # left becomes bottom
        (Fraction(1, 4), ("-display_rotation", "90"), (160, 80), (80, 70)),
        (Fraction(1), ("-display_hflip",), (160, 80), (140, 40)),
    ],
)
def test_pictures_are_as_players_show_them(tmp_path, aspect, turned, size, red):
    write_red_and_blue(tmp_path / "coded.mp4", aspect)
    shown = tmp_path / "shown.mp4"
    run_ffmpeg(*turned, "-i", tmp_path / "coded.mp4", "-c", "copy", shown)
    picture = picture_of(record_of(shown))
    assert picture.size == size
    assert picture.getpixel(red)[0] > 150


def test_same_bytes_every_time(video):
    assert draw_thumbnail(record_of(video)) == draw_thumbnail(record_of(video))


def test_pictures_and_reasons_by_video_id(tmp_path, video, caplog):
    good = record_of(video)
    records = {
        "good": replace(good, video_id="good"),
        "gone": replace(good, video_id="gone", path=str(tmp_path / "gone.mp4")),
        "known": replace(good, video_id="known", status="failed", reason="moov atom not found"),
        "unused": replace(good, video_id="unused"),
    }
    assert make_thumbnails(["known", "good", "gone", "other"], records) == {
        "good": Thumbnail(draw_thumbnail(good)),
        "gone": Thumbnail("", "no such file"),
        "known": Thumbnail("", "moov atom not found"),
        "other": Thumbnail("", "not in the manifest"),
    }
    assert "gone.mp4" in caplog.text


@pytest.mark.parametrize("left", [b"not a video" * 99, b"", None])
def test_a_file_that_was_damaged_since_is_a_media_error(tmp_path, video, left):
    path = tmp_path / "changed.mp4"
    path.write_bytes(video.read_bytes()[:2000] if left is None else left)
    with pytest.raises(MediaError, match="not a readable video"):
        draw_thumbnail(replace(record_of(video), path=str(path)))


def test_a_playlist_cannot_open_the_network(tmp_path, video):
    path = tmp_path / "playlist.mp4"
    path.write_text("#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n")
    with pytest.raises(MediaError):
        draw_thumbnail(replace(record_of(video), path=str(path)))
