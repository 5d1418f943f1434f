"""Running one expert over the decoded videos of a shard, resuming where a killed job stopped."""

import hashlib
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from teachtext.config.experts import ExpertRequest
from teachtext.errors import ConfigError, StoreError
from teachtext.experts.base import Expert
from teachtext.experts.finished_shard import FinishedShard
from teachtext.experts.ledger import LedgerEntry, LedgerStatus
from teachtext.experts.work_items import failure, pack, pack_failure, unpack
from teachtext.runtime.progress import Progress
from teachtext.store.features import StoreIdentity
from teachtext.store.records import Features
from teachtext.store.workdir import Arrays, WorkDirectory
from teachtext.video.cache_keys import features_key
from teachtext.video.manifest import VideoRecord
from teachtext.video.media import Audio, Frames
from teachtext.video.media_folder import MediaFolder, MediaItem
from teachtext.video.sampling import indices_among, sample_times

log = logging.getLogger(__name__)

MAX_NETWORK_FAILURES = 5
"""When more fail than this, and most do, it is not the videos but the network."""


@dataclass(frozen=True)
class ExpertShard:
    """One expert and one shard.

    Attributes:
        request: Request for the expert's features.
        records: Records of the shard's videos.
        media: Folder of their decoded frames and sound.
        finished: Results of earlier runs on the shard.
        work: Working folder of the videos extracted by this job, or by a killed one before it.
    """

    request: ExpertRequest
    records: Sequence[VideoRecord]
    media: Path
    finished: FinishedShard
    work: WorkDirectory


@dataclass(frozen=True)
class ShardFeatures:
    """Features of one expert for a shard.

    Attributes:
        identity: Identity of the network that made the features.
        features: Features by video ID in the shard's order, read from disk one by one; None where a
            video has none.
        ledger: Outcome of each video.
    """

    identity: StoreIdentity
    features: Mapping[str, Features | None]
    ledger: list[LedgerEntry]


@dataclass(frozen=True)
class _Clip:
    """A video to extract.

    Attributes:
        key: Name of its features.
        item: Result of decoding it.
        has_signal: Whether the network has anything to look at or to listen to.
    """

    key: str
    item: MediaItem
    has_signal: bool


def unfinished(
    records: Sequence[VideoRecord], request: ExpertRequest, finished: FinishedShard
) -> dict[str, str]:
    """Videos that can be read and that the expert has not yet seen as they are now.

    Returns:
        ID of each video -> name of its features.
    """
    keys = {one.video_id: features_key(request, one) for one in records if one.status == "ok"}
    return {video: key for video, key in keys.items() if not finished.has(video, key)}


def extract_shard(shard: ExpertShard, load: Callable[[], Expert[Any]]) -> ShardFeatures:
    """Extract the new videos of a shard and join them with earlier results.

    Args:
        shard: Expert and videos to extract.
        load: Function that loads the network; called only if there is something to extract.

    Raises:
        StoreError: Videos were not decoded, or known features are of other weights.
        ConfigError: The network fails on most videos.
    """
    clips, known, work = _clips(shard), shard.finished.store, shard.work
    if clips or known is None:
        expert = load()
        identity = _identity(shard, expert)
        stays = len(clips) < sum(record.status == "ok" for record in shard.records)
        if stays and known is not None and known.identity != identity:
            raise _mixed(identity, known.identity)
        # a killed job before this one may have had other weights under the same name, or ffmpeg
        made_by = f"{identity.weights.sha256} {identity.ffmpeg}"
        work = work.within(hashlib.sha256(made_by.encode()).hexdigest()[:16])
        _extract_new(shard, expert, work, [clip for clip in clips.values() if clip.has_signal])
    else:
        identity = known.identity
    ledger = [_entry(shard, record, clips, work) for record in shard.records]
    return ShardFeatures(identity, _Found(shard.finished, work, ledger), ledger)


def _clips(shard: ExpertShard) -> dict[str, _Clip]:
    """The videos to extract by ID, in the shard's order."""
    keys = unfinished(shard.records, shard.request, shard.finished)
    items = MediaFolder(shard.media).items() if keys else {}
    missing = [video for video in keys if video not in items]
    if missing:
        raise StoreError(
            f"{shard.media} lacks {len(missing)} videos that {shard.request.name} needs, first "
            f"{missing[0]!r}. Run `snakemake --forcerun decode_videos`."
        )
    looks = shard.request.signal == "frames"
    return {
        video: _Clip(key, item, not item.failed and (looks or item.samples > 0))
        for video, key in keys.items()
        for item in [items[video]]
    }


def _identity(shard: ExpertShard, expert: Expert[Any]) -> StoreIdentity:
    request = shard.request
    return StoreIdentity(
        request.name,
        request.settings.network,
        expert.dim,
        expert.weights,
        request.sampling(),
        MediaFolder(shard.media).ffmpeg() if request.signal == "audio" else "",
    )


def _mixed(now: StoreIdentity, before: StoreIdentity) -> StoreError:
    """Known features that stay must be of the same weights and the same ffmpeg."""
    name = now.expert
    difference = (
        f"The weights of {name} are {now.weights}, but other videos of the shard were extracted "
        f"with {before.weights}"
        if now.weights != before.weights
        else f"{name} hears what ffmpeg {now.ffmpeg} decoded, but of other videos of the shard "
        f"what ffmpeg {before.ffmpeg} did"
    )
    return StoreError(
        f"{difference}. To extract all of them again delete results/experts/{name} and "
        f"results/experts/work/{name}."
    )


def _extract_new(
    shard: ExpertShard, expert: Expert[Any], work: WorkDirectory, clips: Sequence[_Clip]
) -> None:
    """Put an item for every clip into the work directory."""
    request, folder, size = shard.request, MediaFolder(shard.media), expert.videos_per_batch
    batches = [clips[begin : begin + size] for begin in range(0, len(clips), size)]
    waiting = [batch for batch in batches if any(work.find(clip.key) is None for clip in batch)]
    left = sum(len(batch) for batch in waiting)
    log.info("%d of %d videos are extracted already", len(clips) - left, len(clips))
    failed: list[str] = []
    tried = 0
    with Progress(log, request.name, left, unit="video") as progress:
        for batch in waiting:
            results = _run(
                expert, [_observe(folder, clip.item, request.settings.fps) for clip in batch]
            )
            for clip, arrays in zip(batch, results, strict=True):
                work.save(clip.key, arrays)
                if reason := failure(arrays):
                    log.warning("%r failed: %s", clip.item.video_id, reason)
                    failed.append(clip.key)
            tried += len(batch)
            progress.advance(done=len(batch), failed=sum("failure" in arrays for arrays in results))
            if len(failed) > MAX_NETWORK_FAILURES and len(failed) > tried / 2:
                for key in failed:  # none of these videos counts as tried
                    work.drop(key)
                raise ConfigError(
                    f"Network {request.settings.network} failed on {len(failed)} of the first "
                    f"{tried} videos; the reasons are above. Mend it and run snakemake again."
                )


def _run(expert: Expert[Any], observed: Sequence[Frames | Audio]) -> list[Arrays]:
    """Features of a batch as arrays; a video that the network fails on costs only itself."""
    begin = time.perf_counter()
    try:
        found = expert.extract_batch(observed)
    except StoreError:  # decoded media that were damaged since, which is not the video's fault
        raise
    except Exception as error:  # whatever it is, one video must not stop the others
        if len(observed) > 1:
            return [arrays for video in observed for arrays in _run(expert, [video])]
        log.debug("the network failed", exc_info=True)
        return [pack_failure(error, time.perf_counter() - begin)]
    seconds = (time.perf_counter() - begin) / len(observed)
    return [pack(features, seconds) for features in found]


def _observe(folder: MediaFolder, item: MediaItem, fps: float | None) -> Frames | Audio:
    if fps is None:
        return folder.audio(item)
    return folder.frames(
        item, indices_among(np.array(item.seconds), sample_times(item.duration_seconds, fps))
    )


def _entry(
    shard: ExpertShard, record: VideoRecord, clips: Mapping[str, _Clip], work: WorkDirectory
) -> LedgerEntry:
    """Outcome of one video; missing, failed and zero are kept apart."""
    name, video = shard.request.name, record.video_id
    if record.status != "ok":
        return LedgerEntry(video, name, "failed", record.reason, 0, 0.0, "")
    if video not in clips:
        return shard.finished.entries[video]
    clip, item = clips[video], clips[video].item
    arrays = _extracted(work, clip.key) if clip.has_signal else {}
    broken, rows = failure(arrays), len(arrays.get("features", ()))
    seconds = float(arrays.get("seconds", 0.0))
    problem = item.audio_problem if shard.request.signal == "audio" else item.problem
    status: LedgerStatus
    if item.failed:
        status, reason, seconds = "failed", item.problem, item.decode_seconds
    elif not clip.has_signal and problem:
        status, reason, seconds = "failed", problem, item.decode_seconds
    elif not clip.has_signal:
        status, reason = "absent", "no sound track"
    elif broken:
        status, reason = "failed", broken
    elif problem:
        status, reason = "partial", problem
    elif not rows:
        status, reason = "absent", "nothing recognised"
    else:
        status, reason = "ok", ""
    return LedgerEntry(video, name, status, reason, rows, seconds, clip.key)


def _extracted(work: WorkDirectory, key: str) -> Arrays:
    arrays = work.find(key)
    if arrays is None:
        raise StoreError(f"{work.path} was damaged meanwhile. Run snakemake again.")
    return arrays


class _Found(Mapping[str, Features | None]):
    """Features by video, from the work directory or from what was finished before."""

    def __init__(
        self, finished: FinishedShard, work: WorkDirectory, ledger: Sequence[LedgerEntry]
    ) -> None:
        self._finished, self._work = finished, work
        self._entries = {entry.video_id: entry for entry in ledger}

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, video_id: str) -> Features | None:
        entry, known = self._entries[video_id], self._finished.store
        if not entry.rows:
            return None
        if known is not None and self._finished.has(video_id, entry.key):
            return known.features_of(video_id)
        return unpack(_extracted(self._work, entry.key))
