"""Before a run: what extraction will cost, estimated from a few of its videos."""

import logging
import math
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from teachtext.config.experts import ExpertRequest
from teachtext.experts.base import Expert
from teachtext.experts.extraction import ExpertShard, extract_shard
from teachtext.experts.finished_shard import FinishedShard
from teachtext.experts.ledger import mean_seconds
from teachtext.store.journal import Journal
from teachtext.store.workdir import WorkDirectory
from teachtext.tables.dataset import VideoSource
from teachtext.video.ffmpeg import ffmpeg_version
from teachtext.video.isolation import Limits
from teachtext.video.manifest import VideoRecord
from teachtext.video.media_folder import MediaFolder
from teachtext.video.probing import probe_shard
from teachtext.video.shards import decode_shard

log = logging.getLogger(__name__)

MOST_VIDEOS_PER_SHARD = 256
FEWEST_VIDEOS_PER_SHARD = 64
"""A shard takes long enough that starting its jobs does not count, and is soon done again."""
MOST_SHARD_JOBS = 900
"""Of all shards together: with those of the models, about 1,000, which are planned in seconds."""
JOBS_BEFORE_EXPERTS = 2
"""Of a shard: probe and decode; then there is one for each expert."""


@dataclass(frozen=True)
class ExpertCost:
    """Cost of one expert; seconds and bytes are means per video of the sample.

    Attributes:
        load_seconds: Time until the network is ready in seconds, once per job.
        seconds: Time of the network in seconds.
        bytes: Size of the features in bytes, before compression.
        failed: Number of videos of the sample that failed.
    """

    load_seconds: float
    seconds: float
    bytes: float
    failed: int


@dataclass(frozen=True)
class ExtractionPlan:
    """Estimated cost of a run; all means are per video of the sample.

    Attributes:
        videos: Number of all videos.
        sampled: Number of videos tried.
        reasons: Reason for each failure in the sample, by video ID.
        video_seconds: Mean duration of a video in seconds.
        probe_seconds: Probing time on one core in seconds.
        decode_seconds: Decoding time on one core in seconds.
        media_bytes: Size of the decoded frames and sound in bytes; they are kept until their shard
            is done.
        experts: Cost by expert.
    """

    videos: int
    sampled: int
    reasons: Mapping[str, str]
    video_seconds: float
    probe_seconds: float
    decode_seconds: float
    media_bytes: float
    experts: Mapping[str, ExpertCost]

    def shards(self, cores: int) -> int:
        """Advised number: whole shards for every core, neither small nor huge, nor too many."""
        fewest = math.ceil(self.videos / MOST_VIDEOS_PER_SHARD)
        most = math.ceil(self.videos / FEWEST_VIDEOS_PER_SHARD)
        plannable = MOST_SHARD_JOBS // (JOBS_BEFORE_EXPERTS + len(self.experts))
        return max(1, min(plannable, max(fewest, min(2 * cores, most))))

    def core_seconds(self) -> float:
        """Of all work on the videos, without starting jobs."""
        network = sum(expert.seconds for expert in self.experts.values())
        return self.videos * (self.probe_seconds + self.decode_seconds + network)

    def start_seconds(self, cores: int) -> float:
        """Of starting all jobs, on one core."""
        return self.shards(cores) * sum(expert.load_seconds for expert in self.experts.values())

    def feature_bytes(self) -> float:
        """Of all feature stores."""
        return self.videos * sum(expert.bytes for expert in self.experts.values())

    def media_bytes_at_once(self, cores: int) -> float:
        """Of decoded media on disk, if every core has a shard of its own and one waits."""
        shards = self.shards(cores)
        return min(2 * cores, shards) * self.media_bytes * self.videos / shards


def plan_extraction(
    videos: Sequence[VideoSource],
    requests: Sequence[ExpertRequest],
    load: Callable[[ExpertRequest], Expert[Any]],
    *,
    sample: int,
    seed: int,
    limits: Limits,
    folder: Path,
) -> ExtractionPlan:
    """Probe, decode and extract a few videos, one after another.

    Args:
        videos: All videos of the run.
        requests: Requests for the experts of the run.
        load: Function that loads an expert's network.
        sample: Number of videos to try.
        seed: Seed of the draw of the sample.
        limits: Limits of the process that decodes a video.
        folder: Empty folder for temporary files.
    """
    chosen = random.Random(seed).sample(list(videos), min(sample, len(videos)))
    begin = time.perf_counter()
    records = probe_shard(chosen, Journal(folder / "probed"), workers=1, limits=limits)
    probed = time.perf_counter()
    media = _decode(records, requests, limits, folder)
    decoded = time.perf_counter()
    items = MediaFolder(media).items()
    experts = {request.name: _cost(request, records, load, folder) for request in requests}
    failed = {record.video_id: record.reason for record in records if record.status != "ok"}
    failed |= {item.video_id: item.problem for item in items.values() if item.failed}
    return ExtractionPlan(
        len(videos),
        len(chosen),
        failed,
        fmean(record.duration_seconds for record in records),
        (probed - begin) / len(chosen),
        (decoded - probed) / len(chosen),
        sum(file.stat().st_size for file in media.iterdir()) / len(chosen),
        experts,
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


def _cost(
    request: ExpertRequest,
    records: Sequence[VideoRecord],
    load: Callable[[ExpertRequest], Expert[Any]],
    folder: Path,
) -> ExpertCost:
    begin = time.perf_counter()
    expert = load(request)
    load_seconds = time.perf_counter() - begin
    work = folder / request.name
    shard = ExpertShard(
        request, records, folder / "media", FinishedShard(work), WorkDirectory(work / "items")
    )
    ledger = extract_shard(shard, lambda: expert).ledger
    return ExpertCost(
        load_seconds,
        mean_seconds(ledger),
        fmean(entry.rows for entry in ledger) * expert.dim * 2,
        sum(entry.status == "failed" for entry in ledger),
    )
