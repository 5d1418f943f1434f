"""Running one expert over the decoded videos of a shard, resuming where a killed job stopped."""

import hashlib
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from teachtext.config.catalog import Signal
from teachtext.config.settings import ExpertRequest
from teachtext.errors import ConfigError, StoreError
from teachtext.experts.base import Expert
from teachtext.experts.finished_shard import FinishedShard
from teachtext.experts.ledger import LedgerEntry, Status
from teachtext.experts.work_items import failure, pack, pack_failure, unpack
from teachtext.runtime.progress import Progress
from teachtext.store.features import StoreIdentity
from teachtext.store.records import Features
from teachtext.store.workdir import Arrays, WorkDirectory
from teachtext.video.cache_keys import features_key
from teachtext.video.manifest import VideoRecord
from teachtext.video.media import Audio, Frames
from teachtext.video.media_folder import MediaFolder, MediaItem
from teachtext.video.sampling import sample_times, subset

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


def unfinished(
    records: Sequence[VideoRecord], request: ExpertRequest, finished: FinishedShard
) -> list[VideoRecord]:
    """Videos that can be read and that the expert has not yet seen as they are now."""
    return [
        record
        for record in records
        if record.status == "ok"
        and not finished.has(record.video_id, features_key(request, record))
    ]


def extract_shard(shard: ExpertShard, load: Callable[[], Expert[Any]]) -> ShardFeatures:
    """Extract the new videos of a shard and join them with earlier results.

    Args:
        shard: Expert and videos to extract.
        load: Function that loads the network; called only if there is something to extract.

    Raises:
        StoreError: videos that were not decoded, or known features are of other weights.
        ConfigError: the network fails on most videos.
    """
    new = unfinished(shard.records, shard.request, shard.finished)
    items = _decoded(shard, new)
    if new or shard.finished.store is None:
        expert = load()
        identity = _identity(shard, expert)
        _check_identity(shard, new, identity)
        # a killed job before this one may have had other weights under the same name, or ffmpeg
        shard = replace(shard, work=shard.work.within(_work_of(identity)))
        _extract_new(shard, expert, items)
    else:
        identity = shard.finished.store.identity
    ledger = [_entry(shard, record, items) for record in shard.records]
    return ShardFeatures(
        identity, _Found(shard, {entry.video_id: entry for entry in ledger}), ledger
    )


def _decoded(shard: ExpertShard, new: Sequence[VideoRecord]) -> dict[str, MediaItem]:
    """Decoded media of the videos to extract."""
    if not new:
        return {}
    items = MediaFolder(shard.media).items()
    missing = [record.video_id for record in new if record.video_id not in items]
    if missing:
        raise StoreError(
            f"{shard.media} lacks {len(missing)} videos that {shard.request.name} needs, first "
            f"{missing[0]!r}. Run: snakemake --forcerun decode_videos."
        )
    return {record.video_id: items[record.video_id] for record in new}


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


def _check_identity(
    shard: ExpertShard, new: Sequence[VideoRecord], identity: StoreIdentity
) -> None:
    """Known features that stay must be of the same weights and the same ffmpeg."""
    stays = len(new) < sum(record.status == "ok" for record in shard.records)
    known = shard.finished.store
    if stays and known is not None and known.identity != identity:
        name = shard.request.name
        raise StoreError(
            f"{_difference(identity, known.identity)}. To extract all of them again delete "
            f"results/experts/{name} and results/experts/work/{name}."
        )


def _difference(now: StoreIdentity, before: StoreIdentity) -> str:
    if now.weights != before.weights:
        return (
            f"The weights of {now.expert} are {now.weights}, but other videos of the shard were "
            f"extracted with {before.weights}"
        )
    return (
        f"{now.expert} hears what ffmpeg {now.ffmpeg} decoded, but of other videos of the shard "
        f"what ffmpeg {before.ffmpeg} did"
    )


def _work_of(identity: StoreIdentity) -> str:
    """Names what can be taken over from a killed job."""
    return hashlib.sha256(f"{identity.weights.sha256} {identity.ffmpeg}".encode()).hexdigest()[:16]


def _extract_new(shard: ExpertShard, expert: Expert[Any], items: Mapping[str, MediaItem]) -> None:
    """Put an item for every new video that has the signal into the work directory."""
    keys = {record.video_id: features_key(shard.request, record) for record in shard.records}
    seen = [(item, keys[item.video_id]) for item in _with_signal(shard, items)]
    size = expert.videos_per_batch
    batches = [seen[begin : begin + size] for begin in range(0, len(seen), size)]
    waiting = [batch for batch in batches if any(shard.work.find(key) is None for _, key in batch)]
    left = sum(len(batch) for batch in waiting)
    log.info("%d of %d videos are extracted already", len(seen) - left, len(seen))
    failed: list[str] = []
    tried = 0
    with Progress(log, shard.request.name, left, unit="video") as progress:
        for batch in waiting:
            results = _run(expert, [_observe(shard, item) for item, _ in batch])
            for (item, key), arrays in zip(batch, results, strict=True):
                shard.work.save(key, arrays)
                if reason := failure(arrays):
                    log.warning("%r failed: %s", item.video_id, reason)
                    failed.append(key)
            tried += len(batch)
            progress.advance(done=len(batch), failed=sum("failure" in arrays for arrays in results))
            if len(failed) > MAX_NETWORK_FAILURES and len(failed) > tried / 2:
                _blame_network(shard, failed, tried)


def _blame_network(shard: ExpertShard, failed: Sequence[str], tried: int) -> NoReturn:
    """Stop, and let none of these videos count as tried."""
    for key in failed:
        shard.work.drop(key)
    raise ConfigError(
        f"Network {shard.request.settings.network} failed on {len(failed)} of the first "
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


def _with_signal(shard: ExpertShard, items: Mapping[str, MediaItem]) -> Iterator[MediaItem]:
    return (item for item in items.values() if _has_signal(shard, item))


def _has_signal(shard: ExpertShard, item: MediaItem) -> bool:
    return not item.failed and (shard.request.signal == "frames" or item.samples > 0)


def _extracted(shard: ExpertShard, key: str) -> Arrays:
    arrays = shard.work.find(key)
    if arrays is None:
        raise StoreError(f"{shard.work.path} was damaged meanwhile. Run snakemake again.")
    return arrays


def _observe(shard: ExpertShard, item: MediaItem) -> Frames | Audio:
    folder, fps = MediaFolder(shard.media), shard.request.settings.fps
    if fps is None:
        return folder.audio(item)
    wanted = sample_times(item.duration_seconds, fps)
    return folder.frames(item, subset(np.array(item.seconds), wanted))


def _entry(shard: ExpertShard, record: VideoRecord, items: Mapping[str, MediaItem]) -> LedgerEntry:
    """What became of one video."""
    name = shard.request.name
    if record.status != "ok":
        return LedgerEntry(record.video_id, name, "failed", record.reason, 0, 0.0, "")
    if record.video_id not in items:
        return shard.finished.entries[record.video_id]
    item, key = items[record.video_id], features_key(shard.request, record)
    arrays = _extracted(shard, key) if _has_signal(shard, item) else None
    return ledger_entry(item, arrays, shard.request.signal, name, key)


def ledger_entry(
    item: MediaItem, arrays: Arrays | None, signal: Signal, expert: str, key: str
) -> LedgerEntry:
    """Outcome of one video with one expert; missing, failed and zero are kept apart.

    Args:
        item: Result of decoding the video.
        arrays: Output of the network; None if there was no input for it.
        signal: Signal that the expert takes as input.
        expert: Name of the expert.
        key: Key of the expert's request.
    """
    broken = "" if arrays is None else failure(arrays)
    rows = 0 if arrays is None or broken else len(arrays["features"])
    seconds = 0.0 if arrays is None else float(arrays["seconds"])
    problem = item.audio_problem if signal == "audio" else item.problem
    status: Status
    if item.failed:
        status, reason = "failed", item.problem
    elif arrays is None:
        status, reason = ("failed", problem) if problem else ("absent", "no sound track")
    elif broken:
        status, reason = "failed", broken
    elif problem:
        status, reason = "partial", problem
    elif not rows:
        status, reason = "absent", "nothing recognised"
    else:
        status, reason = "ok", ""
    if arrays is None and status == "failed":
        seconds = item.decode_seconds
    return LedgerEntry(item.video_id, expert, status, reason, rows, seconds, key)


class _Found(Mapping[str, Features | None]):
    """Features by video, from the work directory or from what was finished before."""

    def __init__(self, shard: ExpertShard, entries: Mapping[str, LedgerEntry]) -> None:
        self._shard, self._entries = shard, entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, video_id: str) -> Features | None:
        entry, finished = self._entries[video_id], self._shard.finished
        if not entry.rows:
            return None
        if finished.store is not None and finished.has(video_id, entry.key):
            return finished.store.features_of(video_id)
        return unpack(_extracted(self._shard, entry.key))
