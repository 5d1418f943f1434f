import errno
import io
import logging
import shutil
import subprocess
import sys

import numpy as np
import pytest

from teachtext.config.experts import ExpertRequest, ExpertSettings
from teachtext.errors import StoreError
from teachtext.store.journal import Journal
from teachtext.store.tables import write_table
from teachtext.tables.dataset import VideoSource
from teachtext.video import shards
from teachtext.video.cache_keys import media_key
from teachtext.video.decoding import decode_frames
from teachtext.video.isolation import ChildDied, Limits
from teachtext.video.manifest import manifest_table
from teachtext.video.media_folder import MediaFolder
from teachtext.video.probing import probe_shard
from teachtext.video.shards import decode_shard
from tests.support.clips import write_clip

LIMITS = Limits(timeout_seconds=30, memory_bytes=8 << 30)
LOOKS = ExpertRequest(
    name="motion", settings=ExpertSettings(network="optical-flow", fps=2), short_side=48
)
LISTENS = ExpertRequest(name="audio", settings=ExpertSettings(network="sound-effects"))


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips")
    write_clip(folder / "it's $(x).mp4")
    write_clip(folder / "silent.mp4", sound=False)
    (folder / "torn.mp4").write_bytes(b"no video at all")
    return folder


@pytest.fixture
def sources(clips):
    return [VideoSource(path.stem, path) for path in sorted(clips.iterdir())]


def probe(sources, folder):
    return probe_shard(sources, Journal(folder / "journal"), workers=2, limits=LIMITS)


def test_probing_keeps_the_order_and_records_failures(sources, tmp_path):
    records = probe(sources, tmp_path)
    assert [record.video_id for record in records] == ["it's $(x)", "silent", "torn"]
    assert [record.status for record in records] == ["ok", "ok", "failed"]


def test_a_file_is_probed_once_while_it_stays_as_it_is(sources, tmp_path, caplog):
    copies = shutil.copytree(sources[0].path.parent, tmp_path / "copies")
    moved = [VideoSource(source.video_id, copies / source.path.name) for source in sources]
    first = probe(moved, tmp_path)
    caplog.set_level(logging.INFO)
    assert probe(moved, tmp_path) == first
    assert "3 of 3 videos are probed already" in caplog.text
    shutil.copy(copies / "silent.mp4", copies / "torn.mp4")
    assert [record.status for record in probe(moved, tmp_path)] == ["ok"] * 3
    assert "2 of 3 videos are probed already" in caplog.text


def test_what_another_version_probed_is_probed_again(sources, tmp_path):
    journal = Journal(tmp_path / "journal")
    for source in sources:
        journal.append(source.state, {"video_id": source.video_id, "colour": "red"})
    assert [record.status for record in probe(sources, tmp_path)] == ["ok", "ok", "failed"]


def test_a_file_that_appears_later_has_another_state(tmp_path):
    source = VideoSource("v", tmp_path / "v.mp4")
    before = source.state
    source.path.write_bytes(b"x")
    assert source.state != before


def decode(records, requests, work, **changes):
    work.path.mkdir(exist_ok=True)
    arguments = {"workers": 2, "limits": LIMITS} | changes
    readable = [record for record in records if record.status == "ok"]
    wanted = {record.video_id: requests for record in readable}
    return decode_shard(readable, wanted, work, **arguments)


def test_frames_and_sound_are_decoded_as_they_are_asked_for(sources, tmp_path):
    work = MediaFolder(tmp_path / "work")
    records = probe(sources, tmp_path)
    loud, silent = (work.item(key) for key in decode(records, [LOOKS, LISTENS], work))
    assert loud.seconds == (0.0, 0.5, 1.0, 1.5)
    frames = work.frames(loud, np.arange(4)).pixels_THWC[:]
    assert frames.mean(axis=(1, 2, 3)) == pytest.approx([0, 50, 100, 150], abs=4)
    assert loud.samples == pytest.approx(32000, rel=0.05)
    assert silent.samples == 0
    only_sound, _ = (work.item(key) for key in decode(records, [LISTENS], work))
    assert (only_sound.seconds, only_sound.samples) == ((), loud.samples)


def test_what_is_decoded_is_not_decoded_again(sources, tmp_path, monkeypatch):
    work = MediaFolder(tmp_path / "work")
    records = probe(sources, tmp_path)
    keys = decode(records, [LOOKS], work)
    monkeypatch.setattr(shards, "map_isolated", lambda function, items, **_: iter(items and [0]))
    assert decode(records, [LOOKS], work) == keys


def test_a_video_that_nobody_needs_is_not_decoded(sources, tmp_path):
    work = MediaFolder(tmp_path / "work")
    assert decode(probe(sources, tmp_path), [], work) == []


def hang(task):
    return sum(iter(int, 1))


def test_a_video_that_hangs_is_a_failed_item(sources, tmp_path, monkeypatch):
    work = MediaFolder(tmp_path / "work")
    records = probe(sources[:1], tmp_path)
    monkeypatch.setattr(shards, "decode_video", hang)
    (key,) = decode(records, [LOOKS], work, limits=Limits(0.5, 8 << 30))
    item = work.item(key)
    assert item.failed
    assert "0.5 s" in item.problem
    assert item.decode_seconds == 0.5


class FullDisk(io.BytesIO):
    def write(self, data):
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("decoder", [None, "pyav"])
def test_a_full_disk_is_not_the_fault_of_the_video(sources, tmp_path, decoder):
    (record,) = probe(sources[:1], tmp_path)
    with pytest.raises(OSError, match="No space left"):
        decode_frames(record, np.arange(20) / 10, short_side=48, file=FullDisk(), decoder=decoder)


def test_a_full_disk_stops_the_job_in_one_line(sources, tmp_path, monkeypatch):
    def in_this_process(function, tasks, **arguments):
        return ((task, function(task)) for task in tasks)

    def fill_disk(*arguments, **options):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shards, "map_isolated", in_this_process)
    monkeypatch.setattr(shards, "decode_frames", fill_disk)
    work = MediaFolder(tmp_path / "work")
    with pytest.raises(StoreError, match=r"No space left on device\. Make room"):
        decode(probe(sources[:1], tmp_path), [LOOKS], work)
    assert not list(work.path.iterdir())


def test_pyav_tries_what_killed_decord(sources, tmp_path, monkeypatch):
    work = MediaFolder(tmp_path / "work")
    records = probe(sources[:1], tmp_path)
    real, tried = shards.map_isolated, []

    def decord_dies(function, tasks, **arguments):
        tried.append([task.decoder for task in tasks])
        if tasks and tasks[0].decoder is None:
            return ((task, ChildDied("the decoder died")) for task in tasks)
        return real(function, tasks, **arguments)

    monkeypatch.setattr(shards, "map_isolated", decord_dies)
    (key,) = decode(records, [LOOKS], work)
    assert tried == [[None], ["pyav"]]
    assert work.item(key).decoder.startswith("pyav")
    assert work.item(key).key == media_key([LOOKS], records[0], ffmpeg="9.0")


def test_sound_that_another_ffmpeg_decoded_is_other_media(sources, tmp_path):
    (record,) = probe(sources[:1], tmp_path)

    def keys(*requests):
        return {media_key(requests, record, ffmpeg=version) for version in ("5.1", "9.0")}

    assert (len(keys(LOOKS, LISTENS)), len(keys(LOOKS))) == (2, 1)


def stage(name, **arguments):
    words = [f"--{key.replace('_', '-')}={value}" for key, value in arguments.items()]
    command = [sys.executable, "-m", "teachtext", name, *words]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def test_two_copies_of_the_same_jobs_do_no_harm(sources, tmp_path):
    write_table(tmp_path / "m.parquet", manifest_table(probe(sources, tmp_path)))
    decoding = {
        "manifest": tmp_path / "m.parquet",
        **{"shard": "test-0", "shards": "test=1", "videos": 2, "max_failed_fraction": 0.5},
        "requests": LOOKS.model_dump_json(),
        "finished": tmp_path / "finished",
        "workers": 1,
        "timeout_seconds": 30,
        "memory_gb": 8,
        "work": tmp_path / "work/0",
        "output": tmp_path / "media",
    }
    logs = run_twice("decode-videos", **decoding)
    assert sum("another process has decoded the shard" in text for text in logs) == 1
    assert len(MediaFolder(tmp_path / "media").items()) == 2
    extracting = {
        "request": LOOKS.model_dump_json(),
        "manifest": tmp_path / "m.parquet",
        "media": tmp_path / "media",
        "work": tmp_path / "finished/motion/test-0",
        "threads": 1,
        "ledger": tmp_path / "0.parquet",
        "output": tmp_path / "0.zarr",
    }
    first, second = run_twice("extract-expert", **extracting)
    assert ("2 videos are extracted already" in first) != (
        "2 videos are extracted already" in second
    )


def run_twice(name, **arguments):
    jobs = [stage(name, **arguments) for _ in range(2)]
    logs = [job.communicate()[1] for job in jobs]
    assert [job.returncode for job in jobs] == [0, 0], logs
    return logs
