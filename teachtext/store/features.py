"""The feature store: what one expert found in the videos of one shard, as a Zarr group."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from teachtext import __version__
from teachtext.atomic import replacing
from teachtext.errors import StoreError
from teachtext.experts.base import Features
from teachtext.store.ragged import Ragged, create_array, join
from teachtext.weights import WeightsIdentity

CHUNK_ROWS = 64
CHUNKS_PER_SHARD = 128


@dataclass(frozen=True)
class StoreIdentity:
    """What made the features of a store; equal identities can be used together.

    Attributes:
        expert: name in config.yaml.
        network: name in the registry of networks.
        dim: width of a row.
        weights: which weights.
        sampling: settings that decide what the network saw, such as ``{"fps": 2.0}``.
    """

    expert: str
    network: str
    dim: int
    weights: WeightsIdentity
    sampling: Mapping[str, Any]


def write_features(
    path: Path, identity: StoreIdentity, found: Mapping[str, Features | None]
) -> None:
    """Write one shard.

    Args:
        path: the group's folder; appears complete or not at all.
        identity: what made the features.
        found: video id -> features, in the order of the shard; None for a video that has none
            (no such signal, nothing found or failed; the ledger says which).
    """
    present = [features for features in found.values() if features is not None]
    rows = {video: 0 if item is None else len(item.features_TD) for video, item in found.items()}
    values = join(
        (item.features_TD.astype(np.float16) for item in present),
        np.empty((0, identity.dim), np.float16),
    ).values
    empty = np.empty(0, np.float64)
    recognised = [
        json.dumps([asdict(piece) for piece in item.recognised] if item else [])
        for item in found.values()
    ]
    columns: dict[str, NDArray[Any]] = {
        "offsets": np.concatenate([[0], np.cumsum(list(rows.values()))]).astype(np.int64),
        "start_seconds": np.concatenate([empty, *(item.start_seconds_T for item in present)]),
        "end_seconds": np.concatenate([empty, *(item.end_seconds_T for item in present)]),
        "video_id": np.array(list(found), dtype=object),
        "available": np.array([count > 0 for count in rows.values()], dtype=bool),
        "recognised": np.array(recognised, dtype=object),
    }
    with replacing(path) as temporary:
        group = zarr.open_group(store=temporary, mode="w", zarr_format=3)
        group.attrs.update(asdict(identity) | {"teachtext": __version__, "dtype": "float16"})
        create_array(
            group,
            "features",
            values,
            chunk_rows=CHUNK_ROWS,
            chunks_per_shard=CHUNKS_PER_SHARD,
        )
        for name, column in columns.items():
            create_array(group, name, column, chunk_rows=max(1, len(column)))


@dataclass(frozen=True)
class ExpertFeatures:
    """Features of one expert for a list of videos, in memory.

    Attributes:
        identity: what made them.
        rows: per video its (T, D) float16 rows; no rows where the expert found nothing.
    """

    identity: StoreIdentity
    rows: Ragged[np.float16]


class FeatureStore:
    """A feature store opened for reading.

    Raises:
        StoreError: there is no complete store at the path.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._group = zarr.open_group(store=path, mode="r")
            attributes = dict(self._group.attrs)
            weights = WeightsIdentity(**attributes["weights"])
        except (FileNotFoundError, KeyError, TypeError) as error:
            raise StoreError(
                f"{path} is no feature store ({type(error).__name__}: {error}). "
                "Delete it and run snakemake to extract it again."
            ) from None
        names = ("expert", "network", "dim", "sampling")
        self.identity = StoreIdentity(weights=weights, **{name: attributes[name] for name in names})
        self.video_ids: list[str] = [str(video) for video in self._read("video_id")]

    def _read(self, name: str) -> NDArray[Any]:
        try:
            return np.asarray(self._group[name][:])
        except (KeyError, ValueError, RuntimeError, OSError) as error:
            raise StoreError(
                f"{self.path}/{name} is damaged ({type(error).__name__}: {error}). "
                "Delete the store and run snakemake to extract it again."
            ) from None

    def rows(self) -> Ragged[np.float16]:
        """(T, D) rows of every video, in the order of ``video_ids``."""
        return Ragged(self._read("features"), self._read("offsets"))

    def available(self) -> NDArray[np.bool_]:
        """(N,) which videos have rows."""
        return self._read("available").astype(bool)

    def times(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(T,) start and (T,) end of every row, in seconds from the start of its video."""
        return self._read("start_seconds"), self._read("end_seconds")

    def recognised(self) -> list[list[dict[str, Any]]]:
        """Per video the text that was read or heard, with times, scores and boxes."""
        return [json.loads(text) for text in self._read("recognised")]


def load_features(paths: Sequence[Path], video_ids: Sequence[str]) -> ExpertFeatures:
    """Read one expert's features of some videos from all shards.

    Args:
        paths: the shards of one expert.
        video_ids: which videos, in which order.

    Raises:
        StoreError: shards of different experts or weights, or a video is in none of them.
    """
    stores = [FeatureStore(path) for path in paths]
    for store in stores[1:]:
        if store.identity != stores[0].identity:
            raise StoreError(
                f"{store.path} and {stores[0].path} were made by different networks. "
                "Delete both and run snakemake to extract them again."
            )
    position = {
        video: index
        for index, video in enumerate(video for store in stores for video in store.video_ids)
    }
    missing = [video for video in video_ids if video not in position]
    if missing:
        raise StoreError(
            f"{stores[0].identity.expert} has no features of video {missing[0]!r} "
            f"({len(missing)} missing). Run snakemake to extract them."
        )
    parts = [store.rows() for store in stores]
    values = np.concatenate([part.values for part in parts])
    lengths = np.concatenate([part.lengths for part in parts])
    everything = Ragged(values, np.concatenate([[0], np.cumsum(lengths)]))
    chosen = np.array([position[video] for video in video_ids], dtype=np.int64)
    return ExpertFeatures(stores[0].identity, everything.take(chosen))
