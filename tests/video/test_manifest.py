import errno
import os

import pytest

from teachtext.errors import MediaError
from teachtext.tables.dataset import VideoSource
from teachtext.video import scanning
from teachtext.video.manifest import failed_record, manifest_records, manifest_table
from tests.support.clips import record_of, run_ffmpeg, write_numbers


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return write_numbers(tmp_path_factory.mktemp("clips") / "clip.mp4", sound="mono")


def test_a_plain_file(clip):
    record = record_of(clip)
    assert (record.width, record.height, record.has_audio) == (64, 48, True)
    assert record.duration_seconds == pytest.approx(2.0, abs=0.01)
    assert record.fps == pytest.approx(10, abs=0.01)
    assert record.is_plain
    assert (record.decoder, record.decoder_reason) == ("decord", "plain")
    assert len(record.content_sha256) == 64


def test_the_table_keeps_every_field(clip):
    records = [record_of(clip, start_seconds=0.5), failed_record(VideoSource("x", clip), "torn")]
    assert manifest_records(manifest_table(records)) == records


def test_a_clip_lasts_as_long_as_it_is_asked_for_or_its_file_allows(clip):
    assert record_of(clip, start_seconds=0.5).duration_seconds == pytest.approx(1.5, abs=0.01)
    part = record_of(clip, start_seconds=0.5, end_seconds=0.75)
    assert part.duration_seconds == pytest.approx(0.25)
    assert record_of(clip, end_seconds=99.0).duration_seconds == pytest.approx(2.0, abs=0.01)
    with pytest.raises(MediaError, match="begins at 3 s, but the video ends at 2 s"):
        record_of(clip, start_seconds=3.0)


@pytest.mark.parametrize(
    ("path", "reason"),
    [("none.mp4", "no such file"), ("a/../none", "no such file"), (".", "not a regular file")],
)
def test_what_is_no_file(tmp_path, path, reason):
    with pytest.raises(MediaError, match=reason):
        record_of(tmp_path / path)


def test_a_fifo_and_a_device_are_not_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe.mp4")
    (tmp_path / "zero.mp4").symlink_to("/dev/zero")
    for name in ("pipe.mp4", "zero.mp4"):
        with pytest.raises(MediaError, match="not a regular file"):
            record_of(tmp_path / name)


@pytest.mark.parametrize("content", [b"", b"no video at all", b"\x00" * 5000])
def test_what_is_no_video(tmp_path, content):
    path = tmp_path / "x.mp4"
    path.write_bytes(content)
    with pytest.raises(MediaError, match="not a readable video"):
        record_of(path)


def test_a_playlist_does_not_open_the_network(tmp_path):
    path = tmp_path / "x.mp4"
    path.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://127.0.0.1:9/x.ts\n")
    with pytest.raises(MediaError):
        record_of(path)


def test_a_cover_picture_is_no_video(tmp_path):
    run_ffmpeg("-f", "lavfi", "-i", "color=s=64x48:d=0.1", "-frames:v", "1", tmp_path / "c.png")
    cover = ("-map", "0", "-map", "1", "-disposition:v", "attached_pic", tmp_path / "s.mp3")
    run_ffmpeg("-f", "lavfi", "-i", "sine=d=1", "-i", tmp_path / "c.png", *cover)
    with pytest.raises(MediaError, match="only a cover picture"):
        record_of(tmp_path / "s.mp3")


def test_a_changed_file_is_read_again(tmp_path):
    path = write_numbers(tmp_path / "x.mp4", 5)
    first = record_of(path)
    write_numbers(path, 10)
    assert record_of(path).duration_seconds == pytest.approx(2 * first.duration_seconds)
    assert record_of(path).content_sha256 != first.content_sha256


@pytest.mark.parametrize("bitmap", ["gif", "png"])
def test_images_say_what_they_are(tmp_path, bitmap):
    path = tmp_path / f"x.{bitmap}"
    run_ffmpeg("-f", "lavfi", "-i", "testsrc=s=64x48:r=5:d=0.2", "-frames:v", "1", path)
    record = record_of(path)
    assert (record.width, record.height, record.decoder) == (64, 48, "pyav")
    assert record.has_audio is False


def test_a_file_on_a_bad_sector_is_a_failed_video(tmp_path, monkeypatch):
    def fail(path):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(scanning, "file_sha256", fail)
    with pytest.raises(MediaError, match="Input/output error"):
        record_of(write_numbers(tmp_path / "v.mp4"))
