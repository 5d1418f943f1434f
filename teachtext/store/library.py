"""A folder of features, token vectors and similarities that were made elsewhere."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

from teachtext.errors import StoreError
from teachtext.files.urls import Place, place_of
from teachtext.store.features import FeatureStore, StoreIdentity
from teachtext.store.locations import below, names_in
from teachtext.store.records import Features


def expert_path(folder: Path, expert: str) -> Path:
    """The feature store of an expert."""
    return folder / f"{expert}.zarr"


def tokens_path(folder: Path, text_encoder: str) -> Path:
    """The token vectors of a text encoder."""
    return folder / "text" / f"{text_encoder}.parquet"


def similarities_path(folder: Path, teacher: str) -> Path:
    """The similarities of a teacher."""
    return folder / "teachers" / f"{teacher}.parquet"


class FeaturesByVideo(Mapping[str, Features]):
    """One expert's features, by video id; of the videos that have some.

    Each is a ``Features``: ``features_TD`` (T, D) float32, ``start_seconds_T`` and
    ``end_seconds_T`` (T,) in seconds from the start of the video, and ``recognised``, the text
    that was read or heard. They are read when they are asked for.

    Attributes:
        identity: Identity of what made the features.
        dim: D, the width of a row.
        video_ids: Ids of all videos that were processed, including those without features.
    """

    def __init__(self, places: list[Place]) -> None:
        self._stores = [FeatureStore(place) for place in places]
        self.identity: StoreIdentity = self._stores[0].identity
        self.dim = self.identity.dim
        self.video_ids = [video for store in self._stores for video in store.video_ids]

    @cached_property
    def _store_of(self) -> dict[str, FeatureStore]:
        return {
            video: store
            for store in self._stores
            for video, has in zip(store.video_ids, store.available(), strict=True)
            if has
        }

    def __getitem__(self, video_id: str) -> Features:
        features = self._store_of[video_id].features_of(video_id)
        if features is None:
            raise KeyError(video_id)
        return features

    def __iter__(self) -> Iterator[str]:
        return iter(self._store_of)

    def __len__(self) -> int:
        return len(self._store_of)


def load_features(path: str | Path, expert: str) -> FeaturesByVideo:
    """Open an expert's features.

    Args:
        path: Folder that ``teachtext import-features`` wrote, or ``results/experts`` of a run; or
            the URL of such a folder, which is read in place, such as ``s3://bucket/experts``.
        expert: Name of the expert.

    Returns:
        A mapping from video id to ``Features``: (T, D) float32 rows with times in seconds.

    Raises:
        StoreError: The folder has no such expert, or its store is damaged.
    """
    folder = place_of(path)
    names = _names(folder)
    whole = f"{expert}.zarr"
    if whole in names:
        return FeaturesByVideo([below(folder, whole)])
    shards = _stores(_names(below(folder, expert)))
    if not shards:
        raise StoreError(
            f"{folder} has no expert {expert!r}. It has: {', '.join(_experts(folder)) or 'none'}."
        )
    shards.sort(key=lambda name: (len(name), name))
    return FeaturesByVideo([below(folder, expert, shard) for shard in shards])


def _experts(folder: Place) -> list[str]:
    """Experts that a folder has stores of."""
    names = _names(folder)
    whole = [name.removesuffix(".zarr") for name in _stores(names)]
    sharded = [name for name in names if _stores(_names(below(folder, name)))]
    return sorted({*whole, *sharded})


def _stores(names: list[str]) -> list[str]:
    return [name for name in names if name.endswith(".zarr")]


def _names(folder: Place) -> list[str]:
    try:
        return names_in(folder)
    except OSError as error:
        raise StoreError(f"{folder} cannot be read: {' '.join(str(error).split())}") from None
