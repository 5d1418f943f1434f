"""One expert's features of the videos of a split, gathered from all shards into a mapped file.

The shards are compressed, so their rows cannot be used in place. They are unpacked once, shard by
shard; memory stays at one shard.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from teachtext.errors import StoreError
from teachtext.runtime.progress import Progress
from teachtext.store.features import FeatureStore, StoreIdentity
from teachtext.store.mapped import ScratchRows
from teachtext.store.ragged import Ragged, Rows

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ExpertFeatures:
    """Features of one expert for a list of videos.

    Attributes:
        identity: Identity of what made the features.
        rows: Per video, (T, D) rows; no rows where the expert found nothing.
        start_seconds: Per video, (T, 1) start times of these rows in seconds; None if not
            requested.
    """

    identity: StoreIdentity
    rows: Rows
    start_seconds: Rows | None = None

    def select(self, videos: NDArray[np.int64]) -> Self:
        """Only those videos, in that order."""
        times = None if self.start_seconds is None else self.start_seconds.select(videos)
        return type(self)(self.identity, self.rows.select(videos), times)

    def release(self) -> None:
        """Drop mapped pages from this process."""
        self.rows.release()
        if self.start_seconds is not None:
            self.start_seconds.release()


@dataclass(frozen=True)
class View:
    """What of an expert's rows a model sees.

    Attributes:
        form: ``rows``, ``timed rows`` with their start times, or the ``means`` of each video's
            rows, as float32.
        max_rows: Maximum number of rows per video, from its start; None for all. Means are over all
            rows.
    """

    form: Literal["rows", "timed rows", "means"]
    max_rows: int | None = None

    def rows(self, store: FeatureStore, videos: NDArray[np.int64]) -> Ragged[Any]:
        """(T, D) rows of some videos of a shard."""
        rows = store.rows().take(videos)
        return rows.means() if self.form == "means" else self._cut(rows)

    def start_seconds(self, store: FeatureStore, videos: NDArray[np.int64]) -> Ragged[Any]:
        """(T, 1) times of the rows of some videos of a shard."""
        return self._cut(Ragged(store.times[0][:, None], store.offsets).take(videos))

    def _cut(self, rows: Ragged[Any]) -> Ragged[Any]:
        return rows if self.max_rows is None else rows.heads(self.max_rows)


def gather_features(paths: Sequence[Path], video_ids: Sequence[str], view: View) -> ExpertFeatures:
    """Read one expert's features of some videos from all shards.

    Args:
        paths: Shards of one expert.
        video_ids: Ids of the videos to load, in order.
        view: Part of the features to keep.

    Raises:
        StoreError: Shards of different experts, weights or versions, or a video is in none of
            them.
    """
    identity = FeatureStore(paths[0]).identity
    place = {video: index for index, video in enumerate(video_ids)}
    rows = ScratchRows(
        len(place), dim=identity.dim, dtype=np.float32 if view.form == "means" else np.float16
    )
    times = ScratchRows(len(place), dim=1, dtype=np.float32) if view.form == "timed rows" else None
    missing = set(video_ids)
    with Progress(log, f"read {identity.expert}", len(video_ids), unit="video") as progress:
        for path in paths:
            store = _open(path, identity, paths[0])
            wanted = np.flatnonzero([video in place for video in store.video_ids])
            if not len(wanted):
                continue
            places = np.array([place[store.video_ids[index]] for index in wanted])
            rows.add(places, view.rows(store, wanted))
            if times is not None:
                times.add(places, view.start_seconds(store, wanted))
            missing.difference_update(store.video_ids)
            progress.advance(done=len(wanted))
    if missing:
        first = next(video for video in video_ids if video in missing)
        raise StoreError(
            f"{identity.expert} has no features of video {first!r} ({len(missing)} missing). "
            "Run snakemake to extract them."
        )
    return ExpertFeatures(identity, rows.mapped(), None if times is None else times.mapped())


def _open(path: Path, identity: StoreIdentity, first: Path) -> FeatureStore:
    store = FeatureStore(path)
    store.check_version()
    if store.identity != identity:
        raise StoreError(
            f"{path} and {first} were made by different networks, or of sound that different "
            "versions of ffmpeg decoded. "
            "Delete both and run snakemake to extract them again."
        )
    return store
