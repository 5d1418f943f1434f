"""The feature store: what one expert found in the videos of one shard, as a Zarr group."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import zarr
from numpy.typing import NDArray
from pydantic import TypeAdapter
from zarr.codecs import ZstdCodec

from teachtext import __version__
from teachtext.errors import StoreError
from teachtext.files.atomic import replacing
from teachtext.files.urls import Place
from teachtext.store.checksums import check_contents, check_quickly, write_checksums
from teachtext.store.locations import below, reading
from teachtext.store.ragged import Ragged, offsets_of
from teachtext.store.records import Features, Recognised
from teachtext.store.versions import MADE_BY, check_stamp, stamp
from teachtext.store.weights import WeightsIdentity

_T = TypeVar("_T", bound=np.generic)

CHUNK_ROWS = 64
SHARD_ROWS = 128 * CHUNK_ROWS
_COMPRESSOR = ZstdCodec(level=1, checksum=True)
"""The checksum makes a flipped bit an error on reading instead of a silent wrong number."""


@dataclass(frozen=True)
class StoreIdentity:
    """What made the features of a store; equal identities can be used together.

    Attributes:
        expert: Name of the expert in config.yaml.
        network: Name in the registry of networks.
        dim: Width of a row.
        weights: Identity of the network's weights.
        sampling: Settings that determine the network's input, such as ``{"fps": 2.0}``.
        ffmpeg: Version of the program that decoded the network's audio input; empty if the network
            uses none, or if the features were made elsewhere.
    """

    expert: str
    network: str
    dim: int
    weights: WeightsIdentity
    sampling: Mapping[str, Any]
    ffmpeg: str = ""


_IDENTITY = TypeAdapter(StoreIdentity)
_RECOGNISED = TypeAdapter(tuple[Recognised, ...])


def write_features(
    path: Path,
    identity: StoreIdentity,
    found: Mapping[str, Features | None],
    *,
    made_by: str = "extract_expert",
) -> None:
    """Write one shard, a few videos at a time.

    Args:
        path: Folder of the group; appears complete or not at all.
        identity: Identity of what made the features.
        found: Video id -> features, in the order of the shard; None for a video that has none (no
            such signal, nothing found or failed; the ledger says which). Each is looked up once.
        made_by: Rule that writes the store.
    """
    with replacing(path) as temporary:
        group = zarr.open_group(store=temporary, mode="w", zarr_format=3)
        made = {"teachtext": __version__, MADE_BY: stamp(made_by), "dtype": "float16"}
        group.attrs.update(asdict(identity) | made)
        columns = _write_rows(group, identity.dim, found)
        for name, column in columns.items():
            chunks = (max(1, len(column)),)
            group.create_array(name, data=column, chunks=chunks, compressors=_COMPRESSOR)
        write_checksums(temporary)


def _write_rows(
    group: zarr.Group, dim: int, found: Mapping[str, Features | None]
) -> dict[str, NDArray[Any]]:
    """Write the rows and return all other columns, which are small."""
    empty = np.empty(0, np.float64)
    starts, ends, lengths, recognised = [empty], [empty], [], []

    def halves() -> Iterator[NDArray[np.float16]]:
        for item in found.values():
            lengths.append(0 if item is None else len(item.features_TD))
            pieces = [] if item is None else [asdict(piece) for piece in item.recognised]
            recognised.append(json.dumps(pieces))
            if item is not None:
                starts.append(item.start_seconds_T)
                ends.append(item.end_seconds_T)
                yield item.features_TD.astype(np.float16)

    array = group.create_array(
        "features",
        shape=(0, dim),
        dtype=np.float16,
        chunks=(CHUNK_ROWS, dim),
        shards=(SHARD_ROWS, dim),
        compressors=_COMPRESSOR,
    )
    for rows in _shards(halves()):
        array.append(rows)
    text = np.dtypes.StringDType()
    return {
        "offsets": offsets_of(lengths),
        "start_seconds": np.concatenate(starts),
        "end_seconds": np.concatenate(ends),
        "video_id": np.array(list(found), dtype=text),
        "available": np.array(lengths, dtype=np.int64) > 0,
        "recognised": np.array(recognised, dtype=text),
    }


def _shards(parts: Iterable[NDArray[_T]]) -> Iterator[NDArray[_T]]:
    """The same rows in whole shards, so that no file is written twice; the last may be shorter."""
    pending, count = [], 0
    for part in parts:
        pending.append(part)
        count += len(part)
        if count >= SHARD_ROWS:
            joined, whole = np.concatenate(pending), count // SHARD_ROWS * SHARD_ROWS
            yield joined[:whole]
            pending, count = [joined[whole:]], count - whole
    if count:
        yield np.concatenate(pending)


class FeatureStore:
    """A feature store opened for reading, in a folder or in place behind a URL.

    Raises:
        StoreError: There is no store at the place, or it is damaged; also from every method that
            reads.

    Attributes:
        place: Folder or URL of the store.
        sha256: Digest that distinguishes it from a store with other contents.
        identity: Identity of what made the features.
        video_ids: Ids of all videos of the shard.
    """

    def __init__(self, place: Place) -> None:
        self.place = place
        try:
            with reading(place):
                self.sha256 = check_quickly(place)
                self._group = zarr.open_group(store=place, mode="r")
                attributes = dict(self._group.attrs)
            self.identity = _IDENTITY.validate_python(attributes)
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise _damaged(place, error) from None
        self._made_by = attributes.get(MADE_BY)
        self.video_ids: list[str] = [str(video) for video in self._read("video_id")]

    def _read(self, name: str, rows: slice = slice(None)) -> NDArray[Any]:
        try:
            with reading(self.place):
                return np.asarray(self._group[name][rows])
        except (KeyError, ValueError, RuntimeError, OSError) as error:
            raise _damaged(below(self.place, name), error) from None

    def check_version(self) -> None:
        """Refuse a store that another version would fill otherwise."""
        check_stamp(self._made_by, self.place)

    def verify(self) -> None:
        """Read every byte and compare it with what was written."""
        try:
            with reading(self.place):
                check_contents(self.place)
        except (OSError, ValueError) as error:
            raise _damaged(self.place, error) from None

    def features_of(self, video_id: str) -> Features | None:
        """Features of one video; None where it has none."""
        index = self._position[video_id]
        rows = slice(int(self.offsets[index]), int(self.offsets[index + 1]))
        if rows.start == rows.stop:
            return None
        starts, ends = self.times
        pieces = _RECOGNISED.validate_json(self._recognised[index])
        values = self._read("features", rows).astype(np.float32)
        return Features(values, starts[rows], ends[rows], pieces)

    @cached_property
    def _position(self) -> dict[str, int]:
        return {video: index for index, video in enumerate(self.video_ids)}

    @cached_property
    def _recognised(self) -> NDArray[Any]:
        return self._read("recognised")

    @cached_property
    def offsets(self) -> NDArray[np.int64]:
        """(N + 1,) first row of every video, and the number of all rows."""
        return self._read("offsets")

    @cached_property
    def times(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(T,) start and (T,) end of every row, in seconds from the start of its video."""
        return self._read("start_seconds"), self._read("end_seconds")

    def rows(self) -> Ragged[np.float16]:
        """(T, D) rows of every video, in the order of ``video_ids``."""
        return Ragged(self._read("features"), self.offsets)

    def available(self) -> NDArray[np.bool_]:
        """(N,) which videos have rows."""
        return self._read("available").astype(bool)


def _damaged(place: Place, error: Exception) -> StoreError:
    remedy = (
        "Delete the .zarr folder and ask snakemake for it: it is extracted again."
        if isinstance(place, Path)
        else "Check the address, and what fsspec needs for it, such as keys in the environment."
    )
    return StoreError(
        f"{place} is damaged, or no feature store ({type(error).__name__}: "
        f"{' '.join(str(error).split())}). {remedy}"
    )
