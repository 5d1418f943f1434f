"""A folder of features, token vectors and similarities that were made elsewhere."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

from teachtext.errors import StoreError
from teachtext.features import Features
from teachtext.store.features import FeatureStore, StoreIdentity


def expert_path(folder: Path, expert: str) -> Path:
    """The feature store of an expert."""
    return folder / f"{expert}.zarr"


def tokens_path(folder: Path, text_encoder: str) -> Path:
    """The token vectors of a text encoder."""
    return folder / "text" / f"{text_encoder}.parquet"


def similarities_path(folder: Path, teacher: str) -> Path:
    """The similarities of a teacher."""
    return folder / "teachers" / f"{teacher}.parquet"


class ExpertFeatures(Mapping[str, Features]):
    """One expert's features, by video id; of the videos that have some.

    Each is a ``Features``: ``features_TD`` (T, D) float32, ``start_seconds_T`` and
    ``end_seconds_T`` (T,) in seconds from the start of the video, and ``recognised``, the text
    that was read or heard. They are read from disk when they are asked for.

    Attributes:
        identity: what made them.
        dim: D, the width of a row.
        video_ids: all that were looked at, also those without features.
    """

    def __init__(self, paths: list[Path]) -> None:
        self._stores = [FeatureStore(path) for path in paths]
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


def load_features(path: str | Path, expert: str) -> ExpertFeatures:
    """Open an expert's features.

    Args:
        path: folder that ``teachtext import-features`` wrote, or ``results/experts`` of a run.
        expert: its name.

    Returns:
        A mapping from video id to ``Features``: (T, D) float32 rows with times in seconds.

    Raises:
        StoreError: the folder has no such expert, or its store is damaged.
    """
    folder = Path(path)
    whole = expert_path(folder, expert)
    shards = sorted((folder / expert).glob("*.zarr"), key=lambda shard: (len(shard.name), shard))
    paths = [whole] if whole.is_dir() else shards
    if not paths:
        names = {store.stem for store in folder.glob("*.zarr")}
        names |= {store.parent.name for store in folder.glob("*/*.zarr")}
        raise StoreError(
            f"{folder} has no expert {expert!r}. It has: {', '.join(sorted(names)) or 'none'}."
        )
    return ExpertFeatures(paths)
