"""Files that break readers: each gives the right frames at the right times, or a clear reason."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from teachtext.errors import MediaError
from teachtext.tables.dataset import VideoSource
from teachtext.video.decoding import DecodedFrames, decode_frames
from teachtext.video.isolation import Limits, map_isolated
from teachtext.video.manifest import VideoRecord, probe_video
from teachtext.video.media import SAMPLE_RATE
from teachtext.video.sound import DecodedAudio, decode_audio
from tests.support.clips import X264, number_of, run_ffmpeg, write_numbers

LIMITS = Limits(timeout_seconds=30, memory_bytes=4 << 30)
NO_B = X264 | {"bf": "0"}
ONE_GOP = NO_B | {"g": "250", "sc_threshold": "0"}


@dataclass(frozen=True)
class Task:
    path: Path
    times: tuple[float, ...]
    short_side: int
    folder: Path


@dataclass(frozen=True)
class Seen:
    record: VideoRecord
    frames: DecodedFrames
    audio: DecodedAudio | None


def look(task):
    record = probe_video(VideoSource("v", task.path))
    times = np.array(task.times)
    with (task.folder / "frames").open("w+b") as file:
        frames = decode_frames(record, times, short_side=task.short_side, file=file)
    with (task.folder / "sound").open("w+b") as file:
        audio = decode_audio(record, file) if record.has_audio else None
    return Seen(record, frames, audio)


@pytest.fixture
def see(tmp_path):
    """Probe and decode as the pipeline does; nothing may appear beside the two outputs."""
    out = tmp_path / "out"
    out.mkdir()

    def see(path, times=(0.05, 0.55, 1.45), short_side=48):
        before = everything_in(tmp_path)
        task = Task(path, tuple(times), short_side, out)
        ((_, outcome),) = map_isolated(look, [task], workers=1, limits=LIMITS)
        assert everything_in(tmp_path) - before <= {out / "frames", out / "sound"}
        if isinstance(outcome, MediaError):
            raise outcome
        frames = outcome.frames
        pixels = np.fromfile(out / "frames", np.uint8)
        return outcome, pixels.reshape(len(frames.seconds_T), frames.height, frames.width, 3)

    return see


def everything_in(folder):
    return set(folder.rglob("*")) | set(Path.cwd().glob("*"))


def numbers(pixels_THWC):
    return [number_of(pixels) for pixels in pixels_THWC]


CODECS = {
    "hevc 10 bit": (".mp4", "libx265", {"x265-params": "log-level=none:crf=10"}, "yuv420p10le"),
    "hevc open gop": (
        ".mp4",
        "libx265",
        {"x265-params": "log-level=none:keyint=8:crf=10"},
        "yuv420p",
    ),
    "vp8": (".webm", "libvpx", {"deadline": "realtime", "crf": "10", "b": "1M"}, "yuv420p"),
    "vp9": (".webm", "libvpx-vp9", {"deadline": "realtime", "crf": "20"}, "yuv420p"),
    "av1": (".mp4", "libsvtav1", {"preset": "12", "crf": "20", "svtav1-params": "rc=0"}, "yuv420p"),
    "mpeg4": (".avi", "mpeg4", {"b": "2M"}, "yuv420p"),
    "mpeg2": (".ts", "mpeg2video", {"bf": "2", "b": "2M"}, "yuv420p"),
    "mjpeg": (".mov", "mjpeg", {"b": "2M"}, "yuvj420p"),
    "h264 4:4:4": (".mp4", "libx264", X264, "yuv444p"),
    "h264 matroska": (".mkv", "libx264", X264, "yuv420p"),
    "h264 mpegts": (".ts", "libx264", X264, "yuv420p"),
}


@pytest.mark.parametrize("name", CODECS)
def test_codecs(see, tmp_path, name):
    suffix, codec, options, pix_fmt = CODECS[name]
    path = write_numbers(
        tmp_path / f"x{suffix}", codec=codec, options=options, pix_fmt=pix_fmt, sound="mono"
    )
    seen, pixels = see(path)
    assert numbers(pixels) == [0, 5, 14]
    assert pixels.shape[1:] == (48, 64, 3)
    assert seen.frames.problem == ""
    assert seen.audio.samples == pytest.approx(2 * SAMPLE_RATE, rel=0.06)
    assert seen.audio.problem == ""


def test_xvid_with_packed_b_frames(see, tmp_path):
    write_numbers(tmp_path / "x.mp4", 30)
    path = tmp_path / "x.avi"
    run_ffmpeg("-i", tmp_path / "x.mp4", "-c:v", "libxvid", "-bf", "2", "-q:v", "2", path)
    _, pixels = see(path, np.arange(25) / 10 + 0.05)
    shown = np.array(numbers(pixels))
    # AVI has no times of its own: libav's guess may begin a few frames late, but never jumps
    assert set(np.diff(shown).tolist()) <= {0, 1}
    assert 24 - 4 <= shown[-1] <= 24


def test_variable_frame_rate(see, tmp_path):
    ticks = [0, 100, 200, 900, 1000, 1010, 1020, 1500, 1900]
    path = write_numbers(tmp_path / "x.mp4", len(ticks), ticks=ticks)
    seen, pixels = see(path, [0.05, 0.25, 0.85, 0.95, 1.005, 1.015, 1.4, 1.6])
    assert numbers(pixels) == [0, 2, 2, 3, 4, 5, 6, 7]
    assert seen.frames.decoder == "pyav (variable frame rate)"


def test_a_cut_with_an_edit_list(see, tmp_path):
    path = write_numbers(tmp_path / "whole.mp4", 40, options=ONE_GOP, sound="mono")
    run_ffmpeg("-ss", "1.3", "-i", path, "-c", "copy", tmp_path / "cut.mp4")
    seen, pixels = see(tmp_path / "cut.mp4", [0.05, 1.05, 2.45])
    assert numbers(pixels) == [13, 23, 37]
    assert seen.record.has_edit_list
    assert seen.record.duration_seconds == pytest.approx(2.7, abs=0.1)
    assert seen.frames.decoder == "pyav (edit list)"


def test_pictures_that_begin_after_the_sound(see, tmp_path):
    path = write_numbers(tmp_path / "x.mp4", 20, sound="mono")
    late = tmp_path / "late.mp4"
    both = ("-i", path, "-itsoffset", "0.5", "-i", path, "-map", "0:a", "-map", "1:v", "-c", "copy")
    run_ffmpeg(*both, late)
    seen, pixels = see(late, [0.05, 0.55, 1.05])
    assert numbers(pixels) == [0, 0, 5]
    assert seen.record.decoder_reason.startswith("begins at 0.50 s")


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_rotation(see, tmp_path, degrees):
    write_numbers(tmp_path / "x.mp4", options=NO_B)
    path = tmp_path / "turned.mp4"
    run_ffmpeg("-display_rotation", degrees, "-i", tmp_path / "x.mp4", "-c", "copy", path)
    seen, pixels = see(path)
    assert seen.record.rotation == degrees
    assert seen.frames.decoder == f"pyav (rotated {degrees} degrees)"
    assert pixels.shape[1:3] == ((64, 48) if degrees % 180 else (48, 64))
    coded = [np.rot90(picture, k=-degrees // 90) for picture in pixels]
    assert [number_of(picture) for picture in coded] == [0, 5, 14]


def test_mirroring(see, tmp_path):
    write_numbers(tmp_path / "x.mp4", options=NO_B)
    path = tmp_path / "mirrored.mp4"
    run_ffmpeg("-display_hflip", "-i", tmp_path / "x.mp4", "-c", "copy", path)
    seen, pixels = see(path)
    assert seen.frames.decoder == "pyav (mirrored)"
    assert numbers(pixels[:, :, ::-1]) == [0, 5, 14]


def test_gif(see, tmp_path):
    write_numbers(tmp_path / "x.mp4", options=NO_B)
    run_ffmpeg("-i", tmp_path / "x.mp4", tmp_path / "x.gif")
    seen, pixels = see(tmp_path / "x.gif")
    assert numbers(pixels) == [0, 5, 14]
    assert seen.record.duration_seconds == pytest.approx(2.0, abs=0.05)


def test_animated_webp_is_refused(see, tmp_path):
    write_numbers(tmp_path / "x.mp4", options=NO_B)
    run_ffmpeg("-i", tmp_path / "x.mp4", "-c:v", "libwebp_anim", tmp_path / "x.webp")
    with pytest.raises(MediaError, match="no picture can be decoded"):
        see(tmp_path / "x.webp")


def test_odd_sizes(see, tmp_path):
    path = write_numbers(tmp_path / "x.mp4", size=(101, 67), pix_fmt="yuv444p", options=NO_B)
    _, pixels = see(path, short_side=240)
    assert pixels.shape[1:3] == (66, 100)
    assert numbers(pixels) == [0, 5, 14]


def test_one_frame(see, tmp_path):
    seen, pixels = see(write_numbers(tmp_path / "x.mp4", 1), [0.0])
    assert len(pixels) == 1
    assert seen.record.duration_seconds == pytest.approx(0.1, abs=0.01)


def test_no_frame(see, tmp_path):
    path = write_numbers(tmp_path / "x.mp4")
    run_ffmpeg("-ss", "99", "-i", path, "-c", "copy", tmp_path / "none.mp4")
    with pytest.raises(MediaError, match=r"no pictures|no video stream"):
        see(tmp_path / "none.mp4")


def test_only_sound(see, tmp_path):
    run_ffmpeg("-f", "lavfi", "-i", "sine=d=1", tmp_path / "x.m4a")
    with pytest.raises(MediaError, match="no video stream"):
        see(tmp_path / "x.m4a")


def test_only_pictures(see, tmp_path):
    seen, pixels = see(write_numbers(tmp_path / "x.mp4"))
    assert numbers(pixels) == [0, 5, 14]
    assert seen.audio is None


@pytest.mark.parametrize(("layout", "rate"), [("5.1", 48_000), ("mono", 8_000), ("stereo", 44_100)])
def test_sound_layouts(see, tmp_path, layout, rate):
    path = write_numbers(tmp_path / "x.mp4", sound=layout, sound_rate=rate)
    seen, _ = see(path)
    assert seen.audio.samples == pytest.approx(2 * SAMPLE_RATE, rel=0.06)
    samples = np.fromfile(tmp_path / "out" / "sound", "<f4")[:SAMPLE_RATE]
    assert np.abs(np.fft.rfft(samples)).argmax() == 440


def test_cut_off_with_the_index_first(see, tmp_path):
    write_numbers(tmp_path / "x.mp4", 100, options=NO_B | {"g": "10"}, sound="mono")
    path = tmp_path / "fast.mp4"
    run_ffmpeg("-i", tmp_path / "x.mp4", "-c", "copy", "-movflags", "faststart", path)
    os.truncate(path, path.stat().st_size * 6 // 10)
    seen, pixels = see(path, np.arange(10) + 0.05)
    readable = len(pixels)
    assert 3 <= readable <= 8
    assert numbers(pixels) == [10 * second for second in range(readable)]
    assert seen.record.duration_seconds == pytest.approx(10, abs=0.1)
    assert seen.frames.decoder.startswith("pyav (cut off at ")
    assert seen.frames.problem.startswith(f"{readable} of 10 frames, the first bad one at ")
    assert "of 10.0" in seen.audio.problem


def test_cut_off_with_the_index_last(see, tmp_path):
    path = write_numbers(tmp_path / "x.mp4", 50)
    os.truncate(path, path.stat().st_size * 6 // 10)
    with pytest.raises(MediaError, match="not a readable video"):
        see(path)


def write_noisy(path, *, gop=10):
    """Pictures big enough to be hit, 5 s at 10 per second."""
    options = X264 | {"g": str(gop), "sc_threshold": "0"}
    return write_numbers(path, 50, options=options | {"crf": "1"}, size=(640, 480))


def test_rotten_bytes(see, tmp_path):
    path = write_noisy(tmp_path / "x.mp4")
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 400] = np.random.default_rng(0).bytes(400)
    path.write_bytes(content)
    seen, pixels = see(path, np.arange(50) / 10 + 0.05)
    shown = np.round(seen.frames.seconds_T * 10 - 0.5).astype(int)
    assert numbers(pixels) == shown.tolist()  # those that are spoiled are left out
    assert 35 <= len(pixels) < 50
    assert seen.frames.decoder.startswith("pyav (decord: ")
    assert f"{len(pixels)} of 50 frames, the first bad one at " in seen.frames.problem


@pytest.mark.parametrize("content", [b"", b"a text, no video\n" * 300, os.urandom(50_000)])
def test_no_video_at_all(see, tmp_path, content):
    path = tmp_path / "x.mp4"
    path.write_bytes(content)
    with pytest.raises(MediaError):
        see(path)


def test_one_huge_frame(see, tmp_path):
    path = tmp_path / "x.mp4"
    run_ffmpeg(
        *("-f", "lavfi", "-i", "color=gray:s=7680x4320:d=0.1:r=10", "-frames:v", "1"),
        *("-c:v", "libx264", "-preset", "ultrafast", "-threads", "1", path),
    )
    _, pixels = see(path, [0.0], short_side=240)
    assert pixels.shape == (1, 240, 426, 3)
    assert np.ptp(pixels) <= 3


NAMES = [
    "a  b.mp4",
    'it\'s "so".mp4',
    "new\nline.mp4",
    "$(touch x).mp4",
    "-i.mp4",
    "http:x.mp4",
    "concat:a|b.mp4",
    "100%03d.mp4",
    "[a]{b}*?.mp4",
    "🎬 vidéo.mp4",
]


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plain")
    return write_numbers(folder / "x.mp4", options=NO_B, sound="mono")


@pytest.mark.parametrize("name", NAMES)
def test_names(see, tmp_path, plain, name):
    shutil.copy(plain, tmp_path / name)
    for times in ((0.05, 0.55, 1.45), np.arange(20) / 10 + 0.05):  # for PyAV and for decord
        seen, pixels = see(tmp_path / name, times)
        assert numbers(pixels) == [int(10 * time) for time in times]
        assert seen.audio.samples == pytest.approx(2 * SAMPLE_RATE, rel=0.05)
    assert seen.frames.decoder == "decord"


def test_a_relative_path(see, tmp_path, plain):
    shutil.copy(plain, tmp_path / "x.mp4")
    (tmp_path / "a").mkdir()
    _, pixels = see(tmp_path / "a" / ".." / "x.mp4")
    assert numbers(pixels) == [0, 5, 14]


def test_same_name_in_two_folders(see, tmp_path):
    for name, frames in (("a", 20), ("b", 30)):
        (tmp_path / name).mkdir()
        write_numbers(tmp_path / name / "x.mp4", frames)
    lengths = [see(tmp_path / name / "x.mp4")[0].record.duration_seconds for name in "ab"]
    assert lengths == pytest.approx([2, 3], abs=0.01)


def test_a_link_is_followed(see, tmp_path, plain):
    (tmp_path / "link.mp4").symlink_to(plain)
    _, pixels = see(tmp_path / "link.mp4")
    assert numbers(pixels) == [0, 5, 14]
    (tmp_path / "broken.mp4").symlink_to(tmp_path / "nothing")
    with pytest.raises(MediaError, match="no such file"):
        see(tmp_path / "broken.mp4")


def test_a_fifo_does_not_hang(see, tmp_path):
    os.mkfifo(tmp_path / "x.mp4")
    with pytest.raises(MediaError, match="not a regular file"):
        see(tmp_path / "x.mp4")
