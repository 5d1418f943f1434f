"""Decoded frames and sound of one shard, as two Zarr groups that live until all experts ran."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from teachtext.atomic import replacing
from teachtext.store.ragged import create_array, offsets_of
from teachtext.store.workdir import load_item
from teachtext.video.media import Audio, Frames

CHUNK_BYTES = 1 << 20
CHUNK_SAMPLES = 1 << 18


@dataclass(frozen=True)
class MediaItem:
    """What decoding made of one video.

    Attributes:
        video_id: whose.
        path: item with ``pixels``, ``seconds`` and ``samples``; None if decoding failed.
        duration_seconds: of the clip.
        decoder: which one read the frames, and why not the usual one.
        problem: why it failed, or why not all frames are there; else empty.
        audio_problem: why its sound track could not be read; else empty.
        has_audio: there is a sound track, and it was read.
        key: changes with the file's bytes and with how they were decoded.
    """

    video_id: str
    path: Path | None
    duration_seconds: float
    decoder: str
    problem: str
    audio_problem: str
    has_audio: bool
    key: str


def write_frames(path: Path, items: Iterable[MediaItem]) -> None:
    """Write the frames of a shard, one video at a time."""
    ordered = list(items)
    times = [_array(item, "seconds", np.empty(0)) for item in ordered]
    shapes = np.array([_array(item, "shape", np.zeros(4, np.int64)) for item in ordered])
    sizes = shapes.reshape(-1, 4).prod(axis=1)
    pixels = ((_array(item, "pixels", np.empty(0, np.uint8))).ravel() for item in ordered)
    with replacing(path) as temporary:
        group = _new_group(temporary, ordered)
        _write_flat(group, "pixels", pixels, sizes, np.dtype(np.uint8), CHUNK_BYTES)
        columns: dict[str, NDArray[Any]] = {
            "shape": shapes.reshape(-1, 4),
            "byte_offsets": offsets_of(sizes),
            "seconds": np.concatenate([np.empty(0), *times]),
            "frame_offsets": offsets_of(len(moments) for moments in times),
        }
        for name, column in columns.items():
            create_array(group, name, column, chunk_rows=max(1, len(column)))


def write_audio(path: Path, items: Iterable[MediaItem]) -> None:
    """Write the sound of a shard, one video at a time."""
    ordered = list(items)
    nothing = np.empty(0, np.float32)
    lengths = [len(_array(item, "samples", nothing)) for item in ordered]
    samples = (_array(item, "samples", nothing) for item in ordered)
    with replacing(path) as temporary:
        group = _new_group(temporary, ordered)
        _write_flat(group, "samples", samples, lengths, np.dtype(np.float32), CHUNK_SAMPLES)
        offsets = offsets_of(lengths)
        create_array(group, "sample_offsets", offsets, chunk_rows=len(offsets))


def read_frames(path: Path) -> Iterator[tuple[MediaItem, Frames]]:
    """Frames of every video of a shard that was decoded, one at a time."""
    group = zarr.open_group(store=path, mode="r")
    offsets, shapes = _whole(group, "byte_offsets"), _whole(group, "shape")
    moments, frames = _whole(group, "seconds"), _whole(group, "frame_offsets")
    for index, item in enumerate(read_items(path)):
        if item.path is not None:
            flat = np.asarray(group["pixels"][offsets[index] : offsets[index + 1]])
            seconds = moments[frames[index] : frames[index + 1]]
            yield item, Frames(flat.reshape(shapes[index]), seconds, item.duration_seconds)


def read_audio(path: Path) -> Iterator[tuple[MediaItem, Audio]]:
    """Sound of every video of a shard that has some, one at a time."""
    group = zarr.open_group(store=path, mode="r")
    offsets = _whole(group, "sample_offsets")
    for index, item in enumerate(read_items(path)):
        if item.has_audio:
            yield item, Audio(np.asarray(group["samples"][offsets[index] : offsets[index + 1]]))


def read_items(path: Path) -> list[MediaItem]:
    """All videos of a shard, decoded or not, in order; ``path`` is the group's for decoded ones."""
    attributes = zarr.open_group(store=path, mode="r").attrs.asdict()
    videos: list[Mapping[str, object]] = attributes["videos"]
    return [
        MediaItem(
            str(video["video_id"]),
            path if video["decoded"] else None,
            float(str(video["duration_seconds"])),
            str(video["decoder"]),
            str(video["problem"]),
            str(video["audio_problem"]),
            bool(video["has_audio"]),
            str(video["key"]),
        )
        for video in videos
    ]


def _new_group(path: Path, items: list[MediaItem]) -> zarr.Group:
    group = zarr.open_group(store=path, mode="w", zarr_format=3)
    group.attrs["videos"] = [
        {
            "video_id": item.video_id,
            "decoded": item.path is not None,
            "duration_seconds": item.duration_seconds,
            "decoder": item.decoder,
            "problem": item.problem,
            "audio_problem": item.audio_problem,
            "has_audio": item.has_audio,
            "key": item.key,
        }
        for item in items
    ]
    return group


def _array(item: MediaItem, name: str, default: NDArray[Any]) -> NDArray[Any]:
    return default if item.path is None else load_item(item.path)[name]


def _whole(group: zarr.Group, name: str) -> NDArray[Any]:
    return np.asarray(group[name][:])


def _write_flat(
    group: zarr.Group,
    name: str,
    parts: Iterable[NDArray[Any]],
    lengths: Iterable[int] | NDArray[np.int64],
    dtype: np.dtype[np.generic],
    chunk: int,
) -> None:
    """Write flat parts end to end, in whole chunks, so that no chunk is written twice."""
    offsets = offsets_of(lengths)
    create_array(group, name, np.empty(0, dtype), chunk_rows=chunk)
    array = group[name]
    array.resize((int(offsets[-1]),))
    pending, begin = np.empty(0, dtype), 0
    for part in parts:
        pending = np.concatenate([pending, part])
        whole = len(pending) // chunk * chunk
        if whole:
            array[begin : begin + whole] = pending[:whole]
            pending, begin = pending[whole:], begin + whole
    if len(pending):
        array[begin:] = pending
