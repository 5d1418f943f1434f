"""Decoding a shard: every video once, at all the moments that any expert asks for."""

import errno
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from teachtext.config.experts import ExpertRequest
from teachtext.errors import MediaError, StoreError
from teachtext.files.atomic import replacing
from teachtext.runtime.progress import Progress
from teachtext.video.cache_keys import media_key
from teachtext.video.decoding import decode_frames
from teachtext.video.ffmpeg import ffmpeg_version
from teachtext.video.isolation import ChildDied, Limits, map_isolated
from teachtext.video.manifest import VideoRecord
from teachtext.video.media_folder import MediaFolder, MediaItem
from teachtext.video.sampling import union_times
from teachtext.video.sound import decode_audio

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class DecodeTask:
    """One video to decode into the work folder.

    Attributes:
        record: Video to decode.
        folder: Folder to write to.
        key: Key of the item.
        rates: Frame rates that experts request, in frames per second; if empty, no frames are
            decoded.
        wants_audio: Whether an expert needs the sound.
        short_side: Short side of the decoded frames in pixels.
        decoder: Decoder to use; None for the one that suits the file.
    """

    record: VideoRecord
    folder: Path
    key: str
    rates: tuple[float, ...]
    wants_audio: bool
    short_side: int
    decoder: str | None = None


def decode_shard(
    records: Sequence[VideoRecord],
    wanted: Mapping[str, Sequence[ExpertRequest]],
    work: MediaFolder,
    *,
    workers: int,
    limits: Limits,
) -> list[str]:
    """Decode what experts still need and the work folder does not have.

    Args:
        records: Readable videos of the shard.
        wanted: Video id -> experts that need the video; videos that no expert needs are left out.
        work: Folder of finished videos, from this job or an earlier one that was killed.
        workers: Number of processes at a time.
        limits: Limits of each process.

    Returns:
        Keys of the items, finished or failed, in the order of the records.
    """
    ffmpeg = ffmpeg_version()
    tasks = [
        _task(record, wanted[record.video_id], work, ffmpeg)
        for record in records
        if wanted[record.video_id]
    ]
    waiting = [task for task in tasks if not work.has(task.key)]
    log.info("%d of %d videos are decoded already", len(tasks) - len(waiting), len(tasks))
    with Progress(log, "decode", len(waiting), unit="video") as progress:
        again = _decode(waiting, work, progress, workers, limits)
        # a decoder that hung or crashed says nothing about what another makes of the file
        _decode([replace(t, decoder="pyav") for t in again], work, progress, workers, limits)
    return [task.key for task in tasks]


def _task(
    record: VideoRecord, requests: Sequence[ExpertRequest], work: MediaFolder, ffmpeg: str
) -> DecodeTask:
    rates = {request.settings.fps for request in requests if request.settings.fps is not None}
    sides = {request.short_side for request in requests if request.short_side is not None}
    return DecodeTask(
        record,
        work.path,
        media_key(requests, record, ffmpeg=ffmpeg),
        tuple(sorted(rates)),
        any(request.signal == "audio" for request in requests),
        max(sides, default=1),  # config.yaml has one for all
    )


def _decode(
    tasks: Sequence[DecodeTask],
    work: MediaFolder,
    progress: Progress,
    workers: int,
    limits: Limits,
) -> list[DecodeTask]:
    """Decode, and return what shall be tried again with another decoder."""
    again = []
    for task, outcome in map_isolated(decode_video, tasks, workers=workers, limits=limits):
        video_id = task.record.video_id
        if isinstance(outcome, ChildDied) and task.record.is_plain and task.decoder is None:
            log.warning("%r: decord: %s; trying PyAV", video_id, outcome)
            again.append(task)
            continue
        if isinstance(outcome, str):
            raise StoreError(outcome)
        if isinstance(outcome, MediaError):
            late = str(outcome).startswith("took longer")
            work.keep(_failed(task, str(outcome), limits.timeout_seconds if late else 0.0))
        item = work.item(task.key)
        if item.failed:
            log.warning("%r failed: %s", video_id, item.problem)
        progress.advance(failed=int(item.failed))
    return again


def decode_video(task: DecodeTask) -> str | None:
    """Decode one video into its item; one that cannot be read becomes a failed item.

    Returns:
        Why no video at all can be written; None: the item is there.
    """
    begin = time.perf_counter()
    work = MediaFolder(task.folder)
    try:
        item = _decoded(task, work)
    except MediaError as error:
        item = _failed(task, str(error), 0.0)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        return f"{task.folder}: {error.strerror}. Make room, or use more shards, and run again."
    work.keep(replace(item, decode_seconds=time.perf_counter() - begin))
    return None


def _failed(task: DecodeTask, reason: str, seconds: float) -> MediaItem:
    return MediaItem(
        task.record.video_id,
        task.key,
        failed=True,
        duration_seconds=task.record.duration_seconds,
        problem=reason,
        decode_seconds=seconds,
    )


def _decoded(task: DecodeTask, work: MediaFolder) -> MediaItem:
    record = task.record
    times = union_times(record.duration_seconds, task.rates)
    with replacing(work.pixels_path(task.key)) as temporary, temporary.open("w+b") as stream:
        frames = decode_frames(
            record, times, short_side=task.short_side, file=stream, decoder=task.decoder
        )
    samples, audio_problem = _decode_sound(task, work)
    return MediaItem(
        record.video_id,
        task.key,
        failed=False,
        duration_seconds=record.duration_seconds,
        seconds=tuple(frames.seconds_T.tolist()),
        height=frames.height,
        width=frames.width,
        samples=samples,
        decoder=frames.decoder,
        problem=frames.problem,
        audio_problem=audio_problem,
    )


def _decode_sound(task: DecodeTask, work: MediaFolder) -> tuple[int, str]:
    """Number of samples, and what is wrong with them; a lost sound track loses no frames."""
    if not task.wants_audio or not task.record.has_audio:
        return 0, ""
    path = work.samples_path(task.key)
    try:
        with replacing(path) as temporary, temporary.open("w+b") as stream:
            audio = decode_audio(task.record, stream)
    except MediaError as error:
        return 0, str(error)
    return audio.samples, audio.problem
