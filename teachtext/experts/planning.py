"""Before a run: what extraction will cost, estimated from a few of its videos."""

import math
import random
import resource
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from teachtext.config.experts import ExpertRequest
from teachtext.experts.base import Expert
from teachtext.experts.extraction import ExpertShard, extract_shard
from teachtext.experts.finished_shard import FinishedShard
from teachtext.experts.ledger import LedgerEntry, mean_seconds
from teachtext.experts.loading import load_requested
from teachtext.runtime.apart import Stopwatch, run_apart
from teachtext.store.journal import Journal
from teachtext.store.workdir import WorkDirectory
from teachtext.tables.dataset import VideoSource
from teachtext.tables.shards import Portion
from teachtext.video.ffmpeg import ffmpeg_version
from teachtext.video.isolation import Limits
from teachtext.video.manifest import VideoRecord
from teachtext.video.media_folder import MediaFolder
from teachtext.video.probing import probe_shard
from teachtext.video.shards import decode_shard

MOST_VIDEOS_PER_SHARD = 256
FEWEST_VIDEOS_PER_SHARD = 64
"""A shard takes long enough that starting its jobs does not count, and is soon done again."""
MOST_SHARD_JOBS = 900
"""Of all shards together: with those of the models, about 1,000, which are planned in seconds."""
JOBS_BEFORE_EXPERTS = 2
"""Of a shard: probe and decode; then there is one for each expert."""


@dataclass(frozen=True)
class ExpertCost:
    """Cost of one expert; seconds are means per video of the sample.

    Attributes:
        start_seconds: Time until the network is ready in seconds, once per job.
        seconds: Time of the network in seconds.
        error: Standard error of ``seconds``, relative to it.
        rows: Number of rows of each video of the sample.
        dim: Width of a row.
        failed: Number of videos of the sample that failed.
        peak_bytes: Memory of the job in bytes.
    """

    start_seconds: float
    seconds: float
    error: float
    rows: Sequence[int]
    dim: int
    failed: int
    peak_bytes: int

    @property
    def bytes(self) -> float:
        """Size of the features of a video, before compression."""
        return fmean(self.rows) * self.dim * 2


@dataclass(frozen=True)
class MediaSample:
    """Decoded videos of the sample, and what they took; seconds and bytes are per video.

    Attributes:
        records: What probing found of each video.
        reasons: Reason for each failure, by video ID.
        probe_seconds: Probing time on one core in seconds.
        decode_seconds: Decoding time on one core in seconds.
        media_bytes: Size of the decoded frames and sound in bytes; they are kept until their shard
            is done.
        decoder_bytes: Memory of the largest decoding process in bytes.
    """

    records: Sequence[VideoRecord]
    reasons: Mapping[str, str]
    probe_seconds: float
    decode_seconds: float
    media_bytes: float
    decoder_bytes: int

    @property
    def video_seconds(self) -> float:
        """Mean duration of a video."""
        return fmean(record.duration_seconds for record in self.records)


def advise_shards(videos: Mapping[Portion, int], *, experts: int, cores: int) -> dict[Portion, int]:
    """Number of shards: enough for every core, neither small nor huge, nor too many.

    Args:
        videos: Number of videos of each portion.
        experts: Number of experts that look at videos.
        cores: Number of cores of the run.
    """
    every = sum(videos.values())
    fewest = math.ceil(every / MOST_VIDEOS_PER_SHARD)
    most = math.ceil(every / FEWEST_VIDEOS_PER_SHARD)
    plannable = MOST_SHARD_JOBS // (JOBS_BEFORE_EXPERTS + experts)
    shards = min(plannable, max(fewest, min(2 * cores, most)))
    return {
        portion: max(1, round(shards * count / max(1, every))) for portion, count in videos.items()
    }


def start_job() -> None:
    """Nothing: in a process of its own, what a job takes that computes little."""


def draw_videos(videos: Sequence[VideoSource], *, sample: int, seed: int) -> list[VideoSource]:
    """Some of the videos, or all if there are no more."""
    return random.Random(seed).sample(list(videos), min(sample, len(videos)))


def sample_media(
    chosen: Sequence[VideoSource], requests: Sequence[ExpertRequest], limits: Limits, folder: Path
) -> MediaSample:
    """Probe and decode a few videos, one after another.

    Args:
        chosen: Videos to try.
        requests: Requests for the experts of the run.
        limits: Limits of the process that decodes a video.
        folder: Empty folder for temporary files, which ``time_expert`` reads.
    """
    begin = time.perf_counter()  # the work is done by processes that outlive this function
    records = probe_shard(chosen, Journal(folder / "probed"), workers=1, limits=limits)
    probed = time.perf_counter()
    media = _decode(records, requests, limits, folder)
    decoded = time.perf_counter()
    failed = {record.video_id: record.reason for record in records if record.status != "ok"}
    items = MediaFolder(media).items()
    return MediaSample(
        records,
        failed | {item.video_id: item.problem for item in items.values() if item.failed},
        (probed - begin) / len(chosen),
        (decoded - probed) / len(chosen),
        sum(file.stat().st_size for file in media.iterdir()) / len(chosen),
        1024 * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss,
    )


def _decode(
    records: Sequence[VideoRecord],
    requests: Sequence[ExpertRequest],
    limits: Limits,
    folder: Path,
) -> Path:
    readable = [record for record in records if record.status == "ok"]
    work = MediaFolder(folder / "work")
    work.path.mkdir()
    wanted = {record.video_id: requests for record in readable}
    keys = decode_shard(readable, wanted, work, workers=1, limits=limits)
    work.finish(keys, folder / "media", ffmpeg=ffmpeg_version())
    return folder / "media"


def time_expert(request: ExpertRequest, records: Sequence[VideoRecord], folder: Path) -> ExpertCost:
    """Extract the videos that ``sample_media`` decoded, in a process as a job has it.

    Args:
        request: Request for the expert.
        records: What probing found of each video.
        folder: Folder of ``sample_media``.
    """
    apart = run_apart(_time_expert, request, records, folder)
    start_seconds = apart.start_seconds + apart.outcome.start_seconds
    return replace(apart.outcome, start_seconds=start_seconds, peak_bytes=apart.peak_bytes)


def _time_expert(
    request: ExpertRequest, records: Sequence[VideoRecord], folder: Path
) -> ExpertCost:
    watch = Stopwatch()
    expert = load_requested(request, threads=1)
    # networks prepare themselves with the first video, as each job's does
    _extract(request, expert, records[:1], folder / request.name / "first")
    load_seconds = watch.seconds()
    watch, begin = Stopwatch(), time.perf_counter()
    ledger = _extract(request, expert, records, folder / request.name / "all")
    # the ledger has seconds of the clock, also those in which other programs worked
    share = watch.seconds() / (time.perf_counter() - begin)
    mean = mean_seconds(ledger)
    spread = stdev(entry.seconds for entry in ledger) if len(ledger) > 1 else mean
    return ExpertCost(
        load_seconds,
        mean * share,
        spread / math.sqrt(len(ledger)) / mean if mean else 0.0,
        [entry.rows for entry in ledger],
        expert.dim,
        sum(entry.status == "failed" for entry in ledger),
        0,
    )


def _extract(
    request: ExpertRequest, expert: Expert[Any], records: Sequence[VideoRecord], work: Path
) -> list[LedgerEntry]:
    media = work.parents[1] / "media"
    finished, items = FinishedShard(work), WorkDirectory(work / "items")
    shard = ExpertShard(request, records, media, finished, items)
    return extract_shard(shard, lambda: expert).ledger
