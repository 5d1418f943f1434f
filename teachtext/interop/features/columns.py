"""Features made elsewhere, in columns: one file of an expert's rows, checked as a whole."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from teachtext.errors import DatasetError
from teachtext.experts.ledger import LedgerEntry
from teachtext.files.urls import Place
from teachtext.interop.damage import readable
from teachtext.interop.features.arrays import Loader, read_arrays
from teachtext.store.features import FeatureStore
from teachtext.store.ragged import Ragged
from teachtext.store.records import Features
from teachtext.store.weights import WeightsIdentity, identify_weights

NETWORK = "import"
"""In the place of a network's name, where features say what made them."""
REQUIRED = ("video_id", "features")
OPTIONAL = ("offsets", "start_seconds", "end_seconds")


@dataclass(frozen=True)
class ImportedFeatures:
    """One expert's features of many videos.

    Attributes:
        weights: Name and hash of the file as given.
        video_ids: IDs of the videos.
        rows: Rows of each video, (T, D) float16; T may be 0.
        start_seconds_T: (T,) Start of the signal behind each row in seconds, all videos
            concatenated.
        end_seconds_T: (T,) End of the signal behind each row in seconds.
    """

    weights: WeightsIdentity
    video_ids: list[str]
    rows: Ragged[np.float16]
    start_seconds_T: NDArray[np.float64]
    end_seconds_T: NDArray[np.float64]

    @cached_property
    def _position(self) -> dict[str, int]:
        return {video: index for index, video in enumerate(self.video_ids)}

    def __contains__(self, video_id: str) -> bool:
        return video_id in self._position

    def features_of(self, video_id: str) -> Features | None:
        """Features of one video; None where the file has none."""
        index = self._position.get(video_id)
        if index is None or not len(self.rows[index]):
            return None
        times = slice(*self.rows.offsets[index : index + 2].tolist())
        return Features(
            self.rows[index].astype(np.float32),
            self.start_seconds_T[times],
            self.end_seconds_T[times],
        )

    def ledger_entry(self, video_id: str, expert: str) -> LedgerEntry:
        """What became of one video: ``ok``, or ``absent`` with the reason."""
        index = self._position.get(video_id)
        rows = 0 if index is None else len(self.rows[index])
        if rows:
            return LedgerEntry(video_id, expert, "ok", "", rows, 0.0, "")
        lacks = "lacks the video" if index is None else "has no rows of the video"
        return LedgerEntry(video_id, expert, "absent", f"{self.weights.name} {lacks}", 0, 0.0, "")


def read_imported_features(place: Place) -> ImportedFeatures:
    """Read features made elsewhere; nothing in the file is run.

    Args:
        place: Feature store that ``import-features`` wrote (.zarr), also behind a URL; or .npz or
            HDF5 of columns, as ``join_columns`` takes them. It is loaded into memory as a whole.

    Raises:
        DatasetError: The file is missing, damaged, holds Python objects or values that are not
            finite as float16, or its arrays do not fit together.
        StoreError: The feature store is damaged.
    """
    if str(place).rstrip("/").endswith(".zarr"):
        return _read_store(place)
    if not isinstance(place, Path):
        raise DatasetError(f"{place} is no feature store. Behind a URL there must be one (.zarr).")
    loaders = read_arrays(place)
    for name in REQUIRED:
        if name not in loaders:
            raise DatasetError(
                f"{place} has no array {name!r}. It needs: {', '.join(REQUIRED)}. Other files of "
                "features are taken over by teachtext import-features."
            )
    return join_columns(place, loaders, identify_weights(str(place), [place]))


def join_columns(
    path: Path, loaders: Mapping[str, Loader], weights: WeightsIdentity
) -> ImportedFeatures:
    """Check the columns of a file, and join them.

    Args:
        path: File that the columns belong to.
        loaders: Loaders of ``video_id``, (N,) text, and ``features``, (N, D). With ``offsets``, (N
            + 1,) integers, ``features`` is (rows, D) and those of video i begin at ``offsets[i]``.
            ``start_seconds`` and ``end_seconds``, (rows,), are optional: without them row t of a
            video counts as its second from t to t + 1.
        weights: Name and hash of the file as given.

    Raises:
        DatasetError: The columns do not fit together; see ``read_imported_features``.
    """
    columns = (*REQUIRED, *OPTIONAL)
    arrays = load_columns(path, {name: loaders[name] for name in columns if name in loaders})
    video_ids = _video_ids(path, arrays["video_id"])
    features = _numbers(path, arrays["features"])
    offsets = given_offsets(path, arrays.get("offsets"), len(video_ids), len(features))
    rows = Ragged(features, offsets)
    _refuse_infinite(path, rows, video_ids)
    starts, ends = _times(path, arrays, rows)
    return ImportedFeatures(weights, video_ids, rows, starts, ends)


def check_known(imported: ImportedFeatures, video_ids: Sequence[str]) -> None:
    """Refuse features of other videos altogether.

    Raises:
        DatasetError: The file has none of the videos.
    """
    if not any(video in imported for video in video_ids):
        raise DatasetError(
            f"{imported.weights.name} has features of {imported.video_ids[0]!r} and others, but of "
            f"none of the dataset's {len(video_ids)} videos, such as {video_ids[0]!r}. Give it the "
            "dataset's ids."
        )


def _read_store(place: Place) -> ImportedFeatures:
    store = FeatureStore(place)
    store.verify()
    return ImportedFeatures(store.identity.weights, store.video_ids, store.rows(), *store.times)


def load_columns(path: Path, loaders: Mapping[str, Loader]) -> dict[str, NDArray[Any]]:
    """Load arrays, of which a file may say that there is none: they are empty then.

    Args:
        path: File that the arrays belong to.
        loaders: Loader of each array by name.

    Raises:
        DatasetError: The file is damaged, or an array holds Python objects.
    """
    with readable(path, "Write it with numpy.savez, ids as an array of str."):
        arrays = {name: loader() for name, loader in loaders.items()}
    return {name: np.empty(0) if array is None else array for name, array in arrays.items()}


def _video_ids(path: Path, given: NDArray[Any]) -> list[str]:
    if given.dtype.kind != "U" or given.ndim != 1 or not len(given):
        raise DatasetError(
            f"{path}: video_id is {_described(given)}. It must be (N,) text, with at least one id."
        )
    video_ids: list[str] = given.tolist()
    ((commonest, count),) = Counter(video_ids).most_common(1)
    if count > 1:
        raise DatasetError(f"{path}: video_id {commonest!r} occurs {count} times. Give it once.")
    return video_ids


def _numbers(path: Path, given: NDArray[Any]) -> NDArray[np.float16]:
    if given.dtype.kind not in "fiu" or given.ndim != 2 or not given.shape[1]:
        raise DatasetError(
            f"{path}: features are {_described(given)}. They must be (rows, D) floats."
        )
    with np.errstate(over="ignore"):  # what overflows is found and named as infinite
        return given.astype(np.float16, copy=False)


def given_offsets(
    path: Path, given: NDArray[Any] | None, items: int, rows: int
) -> NDArray[np.int64]:
    """Where the rows of each item begin and end.

    Args:
        path: File that the offsets belong to.
        given: (items + 1,) First row of each item, and the number of rows; None of one row each.
        items: Number of videos or captions.
        rows: Number of rows.

    Raises:
        DatasetError: The offsets do not fit the rows.
    """
    if given is None:
        if items != rows:
            raise DatasetError(
                f"{path} has {rows} rows of {items} videos and no offsets. Give one row for each "
                "video, or offsets."
            )
        return np.arange(items + 1)
    fits = given.dtype.kind in "iu" and given.shape == (items + 1,)
    offsets = given.astype(np.int64) if fits else np.zeros(1, np.int64)
    if not fits or offsets[0] or offsets[-1] != rows or (np.diff(offsets) < 0).any():
        raise DatasetError(
            f"{path}: offsets are {_described(given)}. They must be ({items + 1},) integers that "
            f"rise from 0 to {rows}, the number of rows."
        )
    return offsets


def _refuse_infinite(path: Path, rows: Ragged[np.float16], video_ids: Sequence[str]) -> None:
    broken = np.flatnonzero(~np.isfinite(rows.values).all(axis=1))
    if len(broken):
        video = video_ids[int(np.searchsorted(rows.offsets, broken[0], side="right")) - 1]
        raise DatasetError(
            f"{path}: features of {video!r} are not finite as float16 ({len(broken)} such rows). "
            "Leave the video out if it has none; scale values beyond 65504 down."
        )


def _times(
    path: Path, arrays: Mapping[str, NDArray[Any]], rows: Ragged[np.float16]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    count = len(rows.values)
    if "start_seconds" not in arrays and "end_seconds" not in arrays:
        first = np.repeat(rows.offsets[:-1], rows.lengths)
        seconds = (np.arange(count) - first).astype(np.float64)
        return seconds, seconds + 1
    given = [arrays.get(name, np.empty(0)) for name in ("start_seconds", "end_seconds")]
    fits = all(times.shape == (count,) and times.dtype.kind in "fiu" for times in given)
    if not fits or not _in_order(*given):
        raise DatasetError(
            f"{path}: start_seconds and end_seconds are {_described(given[0])} and "
            f"{_described(given[1])}. Give both or neither: ({count},) seconds >= 0, no end before "
            "its start."
        )
    return given[0].astype(np.float64), given[1].astype(np.float64)


def _in_order(starts: NDArray[Any], ends: NDArray[Any]) -> bool:
    return bool((starts >= 0).all() and (starts <= ends).all() and (ends < np.inf).all())


def _described(array: NDArray[Any]) -> str:
    return f"{array.shape} {array.dtype}"
