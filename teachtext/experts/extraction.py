"""Running one expert over the decoded videos of a shard, resuming where a killed job stopped."""

import json
import logging
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from teachtext.experts.base import Expert, Features, Recognised, Signal
from teachtext.store.media import MediaItem, read_audio, read_frames, read_items
from teachtext.store.workdir import Arrays, WorkDirectory
from teachtext.video.ledger import LedgerEntry, Status
from teachtext.video.media import Audio, Frames
from teachtext.video.sampling import sample_times, subset

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ShardFeatures:
    """What an expert found in a shard.

    Attributes:
        features: video id -> features, None where there are none, in the shard's order.
        ledger: what became of each video.
    """

    features: dict[str, Features | None]
    ledger: list[LedgerEntry]


def at_rate(frames: Frames, fps: float) -> Frames:
    """The frames that an expert of that rate asked for."""
    wanted = sample_times(frames.duration_seconds, fps)
    chosen = subset(frames.seconds_T, wanted)
    return Frames(
        np.asarray(frames.pixels_THWC)[chosen], frames.seconds_T[chosen], frames.duration_seconds
    )


def extract_shard(
    expert: Expert[Any],
    media: Path,
    work: WorkDirectory,
    *,
    name: str,
    signal: Signal,
    fps: float | None,
) -> ShardFeatures:
    """Extract one expert's features of one shard.

    Args:
        expert: the loaded network.
        media: the shard's decoded frames or sound, whichever the expert looks at.
        work: where finished videos are.
        name: of the expert in config.yaml.
        signal: what it looks at.
        fps: at which rate, for frames.
    """
    items = read_items(media)
    features: dict[str, Features | None] = {item.video_id: None for item in items}
    seconds = dict.fromkeys(features, 0.0)
    progress = tqdm(total=len(items), desc=name, unit="video", mininterval=1)
    finished = sum(work.has(item.video_id, item.key) for item in items)
    log.info("%d of %d videos are extracted already", finished, len(items))
    for item, observed in _observed(media, signal, fps):
        key = (item.video_id, item.key)
        if not work.has(*key):
            work.save(_timed(expert, observed), *key)
        arrays = work.load(*key)
        features[item.video_id] = _unpack(arrays)
        seconds[item.video_id] = float(arrays["seconds"])
        progress.update()
    progress.close()
    ledger = [
        ledger_entry(item, features[item.video_id], name, signal, seconds[item.video_id])
        for item in items
    ]
    return ShardFeatures(features, ledger)


def ledger_entry(
    item: MediaItem, features: Features | None, expert: str, signal: Signal, seconds: float
) -> LedgerEntry:
    """What became of one video with one expert; missing, failed and zero are different things."""
    rows = 0 if features is None else len(features.features_TD)
    status: Status
    if item.path is None:
        status, reason = "failed", item.problem
    elif signal == "audio" and item.audio_problem:
        status, reason = "failed", item.audio_problem
    elif signal == "audio" and not item.has_audio:
        status, reason = "absent", "no sound track"
    elif not rows:
        status, reason = "absent", "nothing recognised"
    elif item.problem and signal == "frames":
        status, reason = "partial", item.problem
    else:
        status, reason = "ok", ""
    return LedgerEntry(item.video_id, expert, status, reason, rows, seconds)


def _observed(
    media: Path, signal: Signal, fps: float | None
) -> Iterator[tuple[MediaItem, Frames | Audio]]:
    if signal == "audio":
        yield from read_audio(media)
    elif fps is not None:
        for item, frames in read_frames(media):
            yield item, at_rate(frames, fps)


def _timed(expert: Expert[Any], observed: Frames | Audio) -> Arrays:
    begin = time.perf_counter()
    (features,) = expert.extract_batch([observed])
    recognised = json.dumps([asdict(piece) for piece in features.recognised])
    return {
        "features": features.features_TD,
        "start_seconds": features.start_seconds_T,
        "end_seconds": features.end_seconds_T,
        "recognised": np.frombuffer(recognised.encode(), np.uint8),
        "seconds": np.array(time.perf_counter() - begin),
    }


def _unpack(arrays: Arrays) -> Features:
    pieces = json.loads(arrays["recognised"].tobytes().decode())
    return Features(
        arrays["features"],
        arrays["start_seconds"],
        arrays["end_seconds"],
        tuple(Recognised(**piece) for piece in pieces),
    )
