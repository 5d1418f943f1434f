import os
import signal
import time

import av
import numpy as np
import pytest

from teachtext.dataset import VideoSource
from teachtext.errors import MediaError
from teachtext.experts.base import Features
from teachtext.experts.extraction import at_rate, extract_shard
from teachtext.store.media import read_frames, read_items, write_audio, write_frames
from teachtext.store.workdir import WorkDirectory
from teachtext.video.decoding import decode_audio, decode_frames, scaled_size
from teachtext.video.isolation import Limits, map_isolated
from teachtext.video.ledger import LedgerEntry, check_failures, ledger_table
from teachtext.video.manifest import failed_record, probe_video
from teachtext.video.media import SAMPLE_RATE, Frames
from teachtext.video.sampling import sample_times, subset, union_times
from teachtext.video.shards import decode_shard

LIMITS = Limits(timeout_seconds=30, memory_bytes=8 << 30)


def write_clip(path, *, seconds=2, fps=10, sound=True, size=(64, 48)):
    """Frame k is grey level 10 k; the sound is a 440 Hz tone."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=fps, options={"crf": "1", "bf": "0"})
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        audio = container.add_stream("aac", rate=44_100, layout="mono") if sound else None
        for number in range(seconds * fps):
            picture = np.full((size[1], size[0], 3), min(250, 10 * number), np.uint8)
            container.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(video.encode())
        if audio is not None:
            tone = np.sin(2 * np.pi * 440 * np.arange(44_100 * seconds) / 44_100) / 2
            frame = av.AudioFrame.from_ndarray(tone[None].astype(np.float32), "fltp", "mono")
            frame.rate = 44_100
            container.mux(audio.encode(frame))
            container.mux(audio.encode())
    return path


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return write_clip(tmp_path_factory.mktemp("clips") / 'it\'s a "clip" $(x).mp4')


def record_of(path, **times):
    return probe_video(VideoSource("v", path, **times), shard=0)


def test_probing_a_plain_file(clip):
    record = record_of(clip)
    assert (record.width, record.height, record.has_audio) == (64, 48, True)
    assert record.duration_seconds == pytest.approx(2.0, abs=0.01)
    assert record.fps == pytest.approx(10, abs=0.01)
    assert record.is_plain
    assert len(record.content_sha256) == 64


@pytest.mark.parametrize("content", [b"", b"no video at all", b"\x00" * 5000])
def test_a_video_that_is_no_video(tmp_path, content):
    path = tmp_path / "x.mp4"
    path.write_bytes(content)
    with pytest.raises(MediaError):
        record_of(path)


def test_a_video_that_is_not_there(tmp_path):
    with pytest.raises(MediaError, match="no such file"):
        record_of(tmp_path / "none.mp4")


@pytest.mark.parametrize("plain", [True, False])
def test_frames_are_those_shown_at_the_times(clip, plain):
    record = record_of(clip)
    if not plain:  # sends it through PyAV
        record = type(record)(**{**record.__dict__, "variable_frame_rate": True})
    frames = decode_frames(record, np.array([0.0, 0.55, 1.0, 1.99]), short_side=48)
    assert frames.decoder.startswith("decord" if plain else "pyav")
    assert frames.pixels_THWC.mean(axis=(1, 2, 3)) == pytest.approx([0, 50, 100, 190], abs=3)


def test_a_clip_is_a_part_of_its_file(clip):
    record = record_of(clip, start_seconds=1.0, end_seconds=1.5)
    assert record.duration_seconds == pytest.approx(0.5)
    frames = decode_frames(record, np.array([0.0]), short_side=48)
    assert frames.pixels_THWC.mean() == pytest.approx(100, abs=3)
    assert len(decode_audio(record)) == pytest.approx(SAMPLE_RATE / 2, abs=2)


def test_sound_is_16_khz_mono(clip):
    samples = decode_audio(record_of(clip))
    assert len(samples) == pytest.approx(2 * SAMPLE_RATE, rel=0.05)
    spectrum = np.abs(np.fft.rfft(samples[:SAMPLE_RATE]))
    assert spectrum.argmax() == 440


def test_scaling_keeps_shape_and_never_enlarges():
    assert scaled_size(1920, 1080, 240) == (426, 240)
    assert scaled_size(100, 60, 240) == (100, 60)


def test_times_of_several_rates_are_joined():
    assert sample_times(1.0, 2).tolist() == [0, 0.5]
    assert sample_times(0.04, 2).tolist() == [0]
    times = union_times(1.0, [2, 4])
    assert times.tolist() == [0, 0.25, 0.5, 0.75]
    assert subset(times, sample_times(1.0, 2)).tolist() == [0, 2]
    assert subset(times[:2], sample_times(1.0, 2)).tolist() == [0]  # the video broke off


def test_an_expert_gets_the_frames_of_its_rate():
    frames = Frames(np.zeros((4, 1, 1, 3), np.uint8), np.array([0, 0.25, 0.5, 0.75]), 1.0)
    assert at_rate(frames, 2).seconds_T.tolist() == [0, 0.5]


def behave(how):
    if how == "hang":
        time.sleep(60)
    if how == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if how == "greedy":
        np.ones(1 << 40)
    if how == "bad":
        raise MediaError("torn")
    return how.upper()


def test_a_child_that_misbehaves_costs_only_its_item():
    limits = Limits(timeout_seconds=3, memory_bytes=4 << 30)
    items = ["fine", "hang", "crash", "greedy", "bad"]
    outcomes = {
        item: str(outcome)
        for item, outcome in map_isolated(behave, items, workers=2, limits=limits)
    }
    assert outcomes["fine"] == "FINE"
    assert "took longer than 3 s" in outcomes["hang"]
    assert "died" in outcomes["crash"]
    assert "memory" in outcomes["greedy"]
    assert outcomes["bad"] == "torn"


@pytest.fixture
def shard(tmp_path, clip):
    silent = write_clip(tmp_path / "silent.mp4", sound=False)
    torn = failed_record(VideoSource("torn", tmp_path / "x"), 0, "not a readable video")
    records = [record_of(clip), torn, probe_video(VideoSource("silent", silent), 0)]
    work = WorkDirectory(tmp_path / "work", {})
    items = decode_shard(records, work, rates=[2.0], short_side=48, workers=2, limits=LIMITS)
    write_frames(tmp_path / "frames", items)
    write_audio(tmp_path / "audio", items)
    return tmp_path


def test_decoded_media_round_trip(shard):
    (first, frames), (second, _) = read_frames(shard / "frames")
    assert (first.video_id, second.video_id) == ("v", "silent")
    assert first.decoder == "decord"
    assert frames.pixels_THWC.shape == (4, 48, 64, 3)
    assert [item.has_audio for item in read_items(shard / "audio")] == [True, False, False]


def toy_features(observed):
    rows = len(getattr(observed, "seconds_T", [0]))
    return Features(np.ones((rows, 2), np.float32), np.zeros(rows), np.ones(rows))


def test_the_ledger_tells_failed_from_absent(shard):
    work = WorkDirectory(shard / "w", {})
    found = extract_shard(
        toy_features, shard / "audio", work, name="audio", signal="audio", fps=None
    )
    statuses = {entry.video_id: (entry.status, entry.reason) for entry in found.ledger}
    assert statuses["v"] == ("ok", "")
    assert statuses["silent"] == ("absent", "no sound track")
    assert statuses["torn"] == ("failed", "not a readable video")


def test_finished_videos_are_not_extracted_again(shard):
    work = WorkDirectory(shard / "w", {})
    calls = []

    def counting(observed):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt  # killed in the middle
        return toy_features(observed)

    arguments = {"name": "appearance", "signal": "frames", "fps": 2.0}
    with pytest.raises(KeyboardInterrupt):
        extract_shard(counting, shard / "frames", work, **arguments)
    found = extract_shard(counting, shard / "frames", work, **arguments)
    assert len(calls) == 3
    assert [entry.rows for entry in found.ledger] == [4, 0, 4]


def test_too_many_failures_stop_the_run():
    entries = [LedgerEntry(v, "a", "failed", "torn", 0, 0.0) for v in "ab"]
    table = ledger_table([*entries, LedgerEntry("c", "a", "ok", "", 1, 0.1)])
    assert check_failures(table, max_failed_fraction=0.7) == "2 failed, 1 ok"
    with pytest.raises(MediaError, match=r"2 of 3 videos failed.*torn"):
        check_failures(table, max_failed_fraction=0.5)


def test_finished_videos_are_not_decoded_again(tmp_path):
    path = write_clip(tmp_path / "clip.mp4")
    record, work = record_of(path), WorkDirectory(tmp_path / "work", {})
    arguments = {"rates": [1.0], "short_side": 48, "workers": 1, "limits": LIMITS}
    (first,) = decode_shard([record], work, **arguments)
    path.unlink()  # so that decoding again would fail
    assert decode_shard([record], work, **arguments) == [first]
    assert first.has_audio
