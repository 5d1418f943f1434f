import io
import resource
import sys
from dataclasses import replace

import av
import numpy as np
import pytest

from teachtext.errors import MediaError
from teachtext.video.decoding import decode_frames
from teachtext.video.isolation import Limits, map_isolated
from teachtext.video.media import SAMPLE_RATE
from teachtext.video.pictures import scaled_size
from teachtext.video.sound import decode_audio
from tests.support.clips import decode, number_of, numbers, record_of, run_ffmpeg, write_numbers

NO_B = {"crf": "10", "preset": "veryfast", "bf": "0"}


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips")
    return write_numbers(folder / "clip.mp4", options=NO_B, sound="mono")


def test_frames_are_those_shown_at_the_times(clip, tmp_path):
    times = [0.0, 0.1, 0.15, 0.2, 0.3, 0.4, 0.49, 0.59, 0.6, 0.7, 0.89, 0.9]
    for decoder, name in ((None, "decord"), ("pyav", "pyav (second try)")):
        result, pixels = decode(record_of(clip), times, tmp_path, decoder=decoder)
        assert numbers(pixels) == [0, 1, 1, 2, 3, 4, 4, 5, 6, 7, 8, 9]
        assert (result.decoder, result.problem) == (name, "")
        assert result.seconds_T.tolist() == times


def test_decord_is_not_asked_to_decode_what_nobody_wants(clip, tmp_path):
    result, pixels = decode(record_of(clip), [0.0, 1.0, 1.99], tmp_path)
    assert numbers(pixels) == [0, 10, 19]
    assert result.decoder in {
        "pyav (few of its frames are wanted)",
        "pyav (seeks between key frames)",
    }


def test_pyav_reads_everything_where_decord_is_not_installed(clip, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "decord", None)
    result, pixels = decode(record_of(clip), np.arange(20) / 10, tmp_path)
    assert numbers(pixels) == list(range(20))
    assert (result.decoder, result.problem) == ("pyav (decord: it is not installed)", "")


def test_no_times_open_no_file(clip):
    record = replace(record_of(clip), path="/nowhere/x.mp4", rotation=90)
    file = io.BytesIO()
    result = decode_frames(record, np.empty(0), short_side=24, file=file)
    assert (result.height, result.width, len(result.seconds_T)) == (32, 24, 0)
    assert file.getvalue() == b""


def test_a_clip_is_a_part_of_its_file(clip, tmp_path):
    record = record_of(clip, start_seconds=1.0, end_seconds=1.5)
    for decoder in (None, "pyav"):
        _, pixels = decode(record, [0.0, 0.3], tmp_path, decoder=decoder)
        assert numbers(pixels) == [10, 13]
    file = io.BytesIO()
    assert decode_audio(record, file).samples == pytest.approx(SAMPLE_RATE / 2, abs=2)


def test_scaling_keeps_shape_and_never_enlarges():
    assert scaled_size(1920, 1080, 240) == (426, 240)
    assert scaled_size(100, 60, 240) == (100, 60)
    assert scaled_size(7, 2000, 240) == (6, 2000)
    assert scaled_size(101, 67, 240) == (100, 66)


COLOURS = {
    "bt601": ("yuv420p", "smpte170m", "tv"),
    "bt709": ("yuv420p", "bt709", "tv"),
    "full range": ("yuv420p", "bt709", "pc"),
    "4:4:4": ("yuv444p", "bt709", "tv"),
    "10 bit": ("yuv420p10le", "bt709", "tv"),
}


@pytest.mark.parametrize("colours", COLOURS)
def test_both_decoders_agree_to_the_pixel(tmp_path, colours):
    pix_fmt, space, span = COLOURS[colours]
    path = tmp_path / "x.mp4"
    shape = f"scale=out_color_matrix={space}:out_range={span}"
    tags = ["-colorspace", space, "-color_range", span]
    source = [
        "-f",
        "lavfi",
        "-i",
        "testsrc2=s=322x242:r=10:d=1",
        "-vf",
        f"{shape},format={pix_fmt}",
    ]
    run_ffmpeg(*source, "-c:v", "libx264", "-bf", "0", "-preset", "veryfast", *tags, path)
    record = record_of(path)
    for short_side in (240, 100):
        both = [
            decode(record, np.arange(10) / 10, tmp_path, short_side=short_side, decoder=decoder)
            for decoder in (None, "pyav")
        ]
        (first, one), (second, other) = both
        assert (first.decoder, second.decoder) == ("decord", "pyav (second try)")
        assert first.seconds_T.tolist() == second.seconds_T.tolist()
        assert np.abs(one.astype(int) - other).mean() <= 2


def all_frames(path):
    """(seconds, number) of every picture, decoded one after another."""
    with av.open(str(path)) as container:
        return [
            (f.time, number_of(f.to_ndarray(format="rgb24"))) for f in container.decode(video=0)
        ]


GOPS = {
    "short": {"g": "5"},
    "one": {"g": "250"},
    "pyramid": {"g": "12", "bf": "5", "x264-params": "b-pyramid=normal"},
    "open": {"g": "10", "bf": "3", "x264-params": "open-gop=1"},
    "refreshed": {"g": "12", "x264-params": "intra-refresh=1"},
    "interlaced": {"g": "12", "x264-params": "tff=1"},
    "all keys": {"g": "1"},
}


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts", ".avi"])
@pytest.mark.parametrize("gop", GOPS)
def test_leaving_packets_out_changes_no_picture(tmp_path, gop, suffix):
    options = {"crf": "10", "preset": "veryfast", "sc_threshold": "0"} | GOPS[gop]
    path = write_numbers(tmp_path / f"x{suffix}", 60, options=options)
    record = record_of(path)
    begin = all_frames(path)[0][0]
    for step in (1, 3, 7, 20, 59):
        asked = np.arange(0, 60, step) / 10 + 0.05
        result, pixels = decode(record, asked, tmp_path)
        assert result.problem == ""
        late = round(10 * begin) if suffix == ".avi" else 0  # libav guesses its times
        expected = np.maximum(np.floor(asked * 10).astype(int) - late, 0)
        assert numbers(pixels) == expected.tolist()


def test_a_clip_deep_inside_a_file_is_found_by_seeking(tmp_path):
    write_numbers(tmp_path / "short.mp4", 200, options=NO_B | {"g": "50"}, sound="mono")
    for suffix in (".mp4", ".mkv", ".ts"):
        path = tmp_path / f"long{suffix}"
        run_ffmpeg("-stream_loop", "5", "-i", tmp_path / "short.mp4", "-c", "copy", path)
        record = record_of(path, start_seconds=90.0, end_seconds=95.0)
        result, pixels = decode(record, [0.05, 1.05, 4.55], tmp_path)
        shown = np.array(numbers(pixels))
        # the tracks of a loop are not equally long: it shifts a little with each turn
        assert (shown - shown[0]).tolist() == [0, 10, 45]
        assert shown[0] == pytest.approx(100, abs=3)
        assert "pyav" in result.decoder
        assert decode_audio(record, io.BytesIO()).samples == pytest.approx(5 * SAMPLE_RATE, abs=20)


def peak_megabytes(job):
    path, folder = job
    record = record_of(path)
    times = np.arange(int(record.duration_seconds))
    with (folder / "raw").open("w+b") as file:
        result = decode_frames(record, times, short_side=240, file=file)
        assert len(result.seconds_T) == len(times)
        decode_audio(record, file)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def test_memory_is_flat_in_the_videos_length(tmp_path):
    write_numbers(
        tmp_path / "short.mp4", 250, size=(320, 240), options={"preset": "ultrafast"}, sound="mono"
    )
    jobs = []
    for turns in (4, 80):
        path = tmp_path / f"{turns}.mp4"
        run_ffmpeg("-stream_loop", turns - 1, "-i", tmp_path / "short.mp4", "-c", "copy", path)
        jobs.append((path, tmp_path))
    limits = Limits(timeout_seconds=60, memory_bytes=4 << 30)
    found = [next(map_isolated(peak_megabytes, [job], workers=1, limits=limits))[1] for job in jobs]
    assert found[1] - found[0] < 60  # 2,000 frames more are 460 MB, the sound of 760 s 49 MB


def test_sound_is_16_khz_mono(clip):
    file = io.BytesIO()
    result = decode_audio(record_of(clip), file)
    samples = np.frombuffer(file.getvalue(), "<f4")
    assert len(samples) == result.samples == pytest.approx(2 * SAMPLE_RATE, rel=0.05)
    assert result.problem == ""
    assert np.abs(np.fft.rfft(samples[:SAMPLE_RATE])).argmax() == 440


def test_sound_keeps_the_clock_of_the_pictures(clip, tmp_path):
    path = tmp_path / "late.mp4"
    run_ffmpeg(
        "-i",
        clip,
        "-itsoffset",
        "0.75",
        "-i",
        clip,
        "-map",
        "0:v",
        "-map",
        "1:a",
        "-c",
        "copy",
        path,
    )
    file = io.BytesIO()
    decode_audio(record_of(path), file)
    samples = np.frombuffer(file.getvalue(), "<f4")
    assert np.flatnonzero(np.abs(samples) > 0.1)[0] / SAMPLE_RATE == pytest.approx(0.75, abs=0.03)


def test_no_sound_track_is_said(tmp_path):
    record = replace(record_of(write_numbers(tmp_path / "x.mp4")), has_audio=True)
    with pytest.raises(MediaError, match="sound: "):
        decode_audio(record, io.BytesIO())
