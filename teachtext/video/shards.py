"""Decoding a shard: every video once, at all the moments that any expert asks for."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from teachtext.errors import MediaError
from teachtext.store.media import MediaItem
from teachtext.store.workdir import WorkDirectory, load_item, save_item
from teachtext.video.decoding import decode_audio, decode_frames
from teachtext.video.isolation import Limits, map_isolated
from teachtext.video.manifest import VideoRecord
from teachtext.video.sampling import union_times

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class DecodeTask:
    """One video to decode into an item of the work directory."""

    record: VideoRecord
    target: Path
    rates: tuple[float, ...]
    short_side: int


def decode_shard(
    records: Sequence[VideoRecord],
    work: WorkDirectory,
    *,
    rates: Sequence[float],
    short_side: int,
    workers: int,
    limits: Limits,
) -> list[MediaItem]:
    """Decode what is not yet in the work directory.

    Args:
        records: the shard's videos.
        work: where finished videos are, from this job or a killed one before it.
        rates: frames per second that experts ask for; none: no frames are decoded.
        short_side: of the decoded frames, pixels.
        workers: processes at once.
        limits: of each process.

    Returns:
        One item per record, in the same order.
    """
    tasks = {
        record.video_id: DecodeTask(record, work.item(*_key(record)), tuple(rates), short_side)
        for record in records
        if record.status == "ok"
    }
    waiting = [task for task in tasks.values() if not task.target.exists()]
    log.info("%d of %d videos are decoded already", len(tasks) - len(waiting), len(tasks))
    failures = {record.video_id: record.reason for record in records if record.status != "ok"}
    progress = tqdm(total=len(waiting), desc="decode", unit="video", mininterval=1)
    for task, outcome in map_isolated(decode_video, waiting, workers=workers, limits=limits):
        progress.update()
        if isinstance(outcome, MediaError):
            log.warning("%r failed: %s", task.record.video_id, outcome)
            failures[task.record.video_id] = str(outcome)
    progress.close()
    return [
        _item(record, tasks[record.video_id].target)
        if record.video_id not in failures
        else _failed_item(record.video_id, failures[record.video_id])
        for record in records
    ]


def decode_video(task: DecodeTask) -> None:
    """Decode one video into its item.

    Raises:
        MediaError: it cannot be read.
    """
    record = task.record
    times = union_times(record.duration_seconds, task.rates)
    frames = decode_frames(record, times, short_side=task.short_side)
    problem = audio_problem = ""
    if len(frames.seconds_T) < len(times):
        problem = (
            f"{len(frames.seconds_T)} of {len(times)} frames, the first bad one at "
            f"{times[len(frames.seconds_T)]:.2f} s"
        )
    samples = np.empty(0, np.float32)
    if record.has_audio:
        try:
            samples = decode_audio(record)
        except MediaError as error:
            audio_problem = str(error)
    save_item(
        task.target,
        {
            "pixels": frames.pixels_THWC,
            "shape": np.array(frames.pixels_THWC.shape, np.int64),
            "seconds": frames.seconds_T,
            "samples": samples,
            "decoder": np.frombuffer(frames.decoder.encode(), np.uint8),
            "problem": np.frombuffer(problem.encode(), np.uint8),
            "audio_problem": np.frombuffer(audio_problem.encode(), np.uint8),
        },
    )


def _key(record: VideoRecord) -> tuple[str, ...]:
    clip = f"{record.start_seconds}+{record.duration_seconds}"
    return record.video_id, record.content_sha256, clip


def _item(record: VideoRecord, path: Path) -> MediaItem:
    arrays = load_item(path)
    return MediaItem(
        video_id=record.video_id,
        path=path,
        duration_seconds=record.duration_seconds,
        decoder=arrays["decoder"].tobytes().decode(),
        problem=arrays["problem"].tobytes().decode(),
        audio_problem=arrays["audio_problem"].tobytes().decode(),
        has_audio=len(arrays["samples"]) > 0,
        key=path.stem,
    )


def _failed_item(video_id: str, reason: str) -> MediaItem:
    return MediaItem(
        video_id=video_id,
        path=None,
        duration_seconds=0.0,
        decoder="",
        problem=reason,
        audio_problem="",
        has_audio=False,
        key="",
    )
