import base64
import io
import subprocess
from fractions import Fraction

import av
import numpy as np
import pytest
from PIL import Image

from teachtext.errors import MediaError
from teachtext.report.thumbnails import (
    THUMBNAIL_SIZE,
    Clip,
    Thumbnail,
    draw_thumbnail,
    make_thumbnails,
)
from teachtext.video.ffmpeg import ffmpeg_binary

PREFIX = "data:image/jpeg;base64,"


def picture_of(clip):
    uri = draw_thumbnail(clip)
    assert uri.startswith(PREFIX)
    return Image.open(io.BytesIO(base64.b64decode(uri.removeprefix(PREFIX))))


def main_color(clip):
    picture = picture_of(clip)
    pixel = picture.getpixel((picture.width // 2, picture.height // 2))
    return ("red", "green", "blue")[pixel.index(max(pixel))]


@pytest.mark.parametrize(
    ("start", "end", "color"),
    [(None, None, "green"), (0.0, 1.0, "red"), (2.0, 3.0, "blue"), (2.0, None, "blue")],
)
def test_middle_of_the_clip(video, start, end, color):
    assert main_color(Clip(video, start, end)) == color


def test_a_clip_beyond_the_end_shows_a_frame_anyway(video):
    assert main_color(Clip(video, 50.0, 60.0)) == "blue"


def test_size(video):
    assert picture_of(Clip(video)).size == (THUMBNAIL_SIZE, 90)


def test_tall_pixels_are_made_square(tmp_path):
    path = tmp_path / "anamorphic.mp4"
    write_one_frame(path, av.VideoFrame(160, 80, "yuv420p"), aspect=Fraction(1, 2))
    assert picture_of(Clip(path)).size == (80, 80)


def test_rotation_tag_is_applied(tmp_path):
    flat, turned = tmp_path / "flat.mp4", tmp_path / "turned.mp4"
    pixels = np.zeros((80, 160, 3), dtype=np.uint8)
    pixels[:, :80, 0] = pixels[:, 80:, 2] = 200  # red on the left, blue on the right
    write_one_frame(flat, av.VideoFrame.from_ndarray(pixels))
    options = ["-loglevel", "error", "-display_rotation", "90", "-i", flat, "-c", "copy", turned]
    subprocess.run([ffmpeg_binary(), *options], check=True)
    picture = picture_of(Clip(turned))
    assert picture.size == (80, 160)
    assert picture.getpixel((40, 130))[0] > 150  # a turn against the clock: left becomes bottom


def test_same_bytes_every_time(video):
    assert draw_thumbnail(Clip(video)) == draw_thumbnail(Clip(video))


def test_pictures_and_reasons_by_video_id(tmp_path, video, caplog):
    clips = {
        "good": Clip(video),
        "gone": Clip(tmp_path / "gone.mp4"),
        "known": Clip(tmp_path, reason="moov atom not found"),
    }
    assert make_thumbnails(clips) == {
        "good": Thumbnail(draw_thumbnail(Clip(video))),
        "gone": Thumbnail("", "No such file or directory"),
        "known": Thumbnail("", "moov atom not found"),
    }
    assert "gone.mp4" in caplog.text


def test_damaged_file_gives_its_reason(tmp_path):
    (tmp_path / "noise.mp4").write_bytes(b"not a video" * 99)
    with pytest.raises(MediaError, match="Invalid data"):
        draw_thumbnail(Clip(tmp_path / "noise.mp4"))


def test_truncated_file_is_a_media_error(tmp_path, video):
    (tmp_path / "cut.mp4").write_bytes(video.read_bytes()[:2000])
    with pytest.raises(MediaError):
        draw_thumbnail(Clip(tmp_path / "cut.mp4"))


def test_sound_alone_has_no_picture(tmp_path):
    path = tmp_path / "sound.wav"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        frame = av.AudioFrame(format="s16", layout="mono", samples=800)
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
    with pytest.raises(MediaError, match="no video stream"):
        draw_thumbnail(Clip(path))


def test_a_playlist_cannot_open_the_network(tmp_path):
    path = tmp_path / "playlist.mp4"
    path.write_text("#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n")
    with pytest.raises(MediaError):
        draw_thumbnail(Clip(path))


def write_one_frame(path, frame, *, aspect=Fraction(1)):
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = frame.width, frame.height, "yuv420p"
        stream.codec_context.sample_aspect_ratio = aspect
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
