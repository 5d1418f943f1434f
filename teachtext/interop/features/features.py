"""An expert's features from files of other programs, taken over into our store, video by video."""

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from teachtext.errors import DatasetError
from teachtext.interop.damage import readable
from teachtext.interop.features.arrays import ADVICE, Loader, read_arrays
from teachtext.interop.features.columns import NETWORK, REQUIRED, join_columns
from teachtext.interop.features.matching import Matcher
from teachtext.interop.features.sources import Source
from teachtext.interop.remarks import Remarks
from teachtext.runtime.progress import Progress
from teachtext.store.features import StoreIdentity, write_features
from teachtext.store.records import Features
from teachtext.store.weights import WeightsIdentity, identify_weights

log = logging.getLogger(__name__)

FeatureLoader = Callable[[], Features | None]
"""Reads the features of one video."""


@dataclass
class Outcome:
    """Outcome of importing one expert, text encoder or teacher.

    Attributes:
        videos: Number of videos with features.
        dim: Width of a row.
        remarks: Irregularities found.
    """

    videos: int = 0
    dim: int = 0
    remarks: Remarks = field(default_factory=Remarks)


def import_features(source: Source, output: Path, matcher: Matcher, *, name: str) -> Outcome:
    """Write an expert's feature store from another program's file.

    Args:
        source: Any file that ``read_arrays`` reads: per video (D,), or (T, D) with T >= 0 rows, or
            nothing, NaN or None if it has none. Or .npz or HDF5 of columns (``join_columns``).
        output: Feature store to write (.zarr).
        matcher: Videos of the dataset.
        name: Name of the expert.

    Raises:
        DatasetError: The file cannot be read or trusted, its rows differ in width, or it has none
            of the videos.
    """
    (path,) = source.paths
    given, weights = _open(path, source.name)
    video_ids = list(matcher.by_video)
    matched = matcher.videos(given)
    if not matched.foreign:
        raise DatasetError(
            f"{source.name} has features of {next(iter(given))!r} and others, but of none of the "
            f"dataset's {len(video_ids)} videos, such as {video_ids[0]!r}. Check the ids."
        )
    videos = {v: given[matched.foreign[v]] for v in video_ids if v in matched.foreign}
    outcome = Outcome(dim=_width(source.name, videos), remarks=matched.remarks)
    identity = StoreIdentity(name, NETWORK, outcome.dim, weights, {})
    with Progress(log, f"import {name}", len(videos), unit="video") as progress:
        write_features(output, identity, _Found(source.name, videos, outcome, progress))
    return outcome


def _open(path: Path, name: str) -> tuple[dict[str, FeatureLoader], WeightsIdentity]:
    """What reads the features of each id of a file, and which file it is."""
    loaders = read_arrays(path)
    with readable(path, ADVICE):
        weights = identify_weights(name, sorted(path.glob("*.npy")) if path.is_dir() else [path])
    if set(loaders) >= set(REQUIRED):
        imported = join_columns(path, loaders, weights)
        return {v: partial(imported.features_of, v) for v in imported.video_ids}, weights
    return {v: partial(_read, path, v, loader) for v, loader in loaders.items()}, weights


def _read(path: Path, video: str, loader: Loader) -> Features | None:
    """Features of one video, a row a second; None where there is nothing, or all of it is NaN."""
    with readable(path, ADVICE):
        array = loader()
    if array is None or not array.size or (array.dtype.kind == "f" and np.isnan(array).all()):
        return None
    if array.dtype.kind not in "fiu" or array.ndim not in (1, 2):
        raise DatasetError(
            f"{path}: {video!r} has {array.shape} {array.dtype}. Features are (D,) or (T, D) "
            "numbers."
        )
    rows_TD = np.atleast_2d(array).astype(np.float32)
    seconds = np.arange(len(rows_TD), dtype=np.float64)
    return Features(rows_TD, seconds, seconds + 1)


@dataclass(frozen=True)
class _Found(Mapping[str, Features | None]):
    """Features that are read when they are looked up, and noted in the outcome."""

    source: str
    loaders: Mapping[str, FeatureLoader]
    outcome: Outcome
    progress: Progress

    def __iter__(self) -> Iterator[str]:
        return iter(self.loaders)

    def __len__(self) -> int:
        return len(self.loaders)

    def __getitem__(self, video: str) -> Features | None:
        self.progress.advance()
        features = self.loaders[video]()
        if features is None:
            self.outcome.remarks.add("without features", video)
            return None
        rows_TD = features.features_TD
        if rows_TD.shape[1] != self.outcome.dim:
            raise DatasetError(
                f"{self.source}: rows of {video!r} have {rows_TD.shape[1]} values, others "
                f"{self.outcome.dim}. Give one expert's features."
            )
        with np.errstate(over="ignore"):  # what overflows is found as infinite
            finite = bool(np.isfinite(rows_TD.astype(np.float16)).all())
        if not finite:
            self.outcome.remarks.add("not finite as float16, left out", video)
            return None
        self.outcome.videos += 1
        return features


def _width(source: str, loaders: Mapping[str, FeatureLoader]) -> int:
    """Values in a row: as in the first video that has one."""
    for loader in loaders.values():
        features = loader()
        if features is not None:
            return int(features.features_TD.shape[1])
    raise DatasetError(f"{source} has no features of any video of the dataset. Give another file.")
