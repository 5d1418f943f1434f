"""Similarities made elsewhere: a Parquet file of any order, read block by block into ours."""

import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from teachtext.errors import DatasetError
from teachtext.interop.damage import readable
from teachtext.runtime.progress import Progress
from teachtext.store.similarity_grid import SimilarityGrid

log = logging.getLogger(__name__)

_WIDE, LONG = ("caption_id", "sim"), ("caption_id", "video_id", "similarity")
"""Columns of the two forms: a row is a caption, or a caption and a video."""
CAPTIONS_AT_ONCE, PAIRS_AT_ONCE = 256, 1 << 18


@dataclass(frozen=True)
class ImportedSimilarities:
    """A scorer's similarities of all training captions and all training videos.

    Attributes:
        grid: Similarities of the wanted captions and videos.
        unknown_captions: Number of captions in the file that were not requested.
        unknown_videos: Number of videos in the file that were not requested.
    """

    grid: SimilarityGrid
    unknown_captions: int
    unknown_videos: int


def read_foreign_similarities(
    path: Path, caption_ids: Sequence[str], video_ids: Sequence[str]
) -> ImportedSimilarities:
    """Read similarities made elsewhere.

    Args:
        path: Parquet, either with columns ``caption_id`` and ``sim`` (a list of one float for each
            video) and the videos' ids in the schema's metadata as JSON, under ``video_ids``; or
            with columns ``caption_id``, ``video_id`` and ``similarity``.
        caption_ids: IDs of the requested captions, in the requested order.
        video_ids: IDs of the requested videos, in the requested order.

    Raises:
        DatasetError: The file is missing, damaged or of another form, lacks a wanted caption, video
            or pair, gives one twice, or holds values that are not finite as float16.
    """
    if not path.is_file():
        raise DatasetError(f"{path} does not exist. Set import to a Parquet file of similarities.")
    grid = SimilarityGrid(caption_ids, video_ids)
    with readable(path, "Write it as Parquet again."), pq.ParquetFile(path) as file:
        columns = file.schema_arrow.names
        if set(columns) >= set(_WIDE):
            unknown = _read_wide(path, file, grid)
        elif set(columns) >= set(LONG):
            unknown = _read_long(path, file, grid)
        else:
            raise DatasetError(
                f"{path} has the columns {', '.join(columns)}. It needs {', '.join(_WIDE)}, or "
                f"{', '.join(LONG)}."
            )
    if gap := grid.gap():
        raise DatasetError(f"{path} has no similarities of {gap}. Add them, or check the ids.")
    if repeated := grid.repeated():
        raise DatasetError(f"{path} gives {repeated} similarities twice. Give each pair once.")
    return ImportedSimilarities(grid, *map(len, unknown))


def _read_wide(path: Path, file: pq.ParquetFile, grid: SimilarityGrid) -> tuple[set[str], set[str]]:
    videos = _video_ids(path, file.metadata.metadata or {})
    columns, unknown_videos = _places(pa.array(videos, pa.string()), grid.video_ids)
    wanted = columns >= 0
    unknown_captions: set[str] = set()
    for batch in _batches(file, CAPTIONS_AT_ONCE, _WIDE):
        rows, unknown = _places(batch["caption_id"], grid.caption_ids)
        unknown_captions |= unknown
        known = rows >= 0
        sims = _rectangle(path, batch["sim"], len(videos))[np.ix_(known, wanted)]
        _refuse_infinite(path, sims, batch["caption_id"].filter(pa.array(known)))
        grid.put(rows[known][:, None], columns[wanted], sims)
    return unknown_captions, unknown_videos


def _read_long(path: Path, file: pq.ParquetFile, grid: SimilarityGrid) -> tuple[set[str], set[str]]:
    unknown_captions: set[str] = set()
    unknown_videos: set[str] = set()
    for batch in _batches(file, PAIRS_AT_ONCE, LONG):
        rows, captions = _places(batch["caption_id"], grid.caption_ids)
        columns, videos = _places(batch["video_id"], grid.video_ids)
        unknown_captions |= captions
        unknown_videos |= videos
        known = (rows >= 0) & (columns >= 0)
        sims = _halves(path, batch["similarity"])[known]
        _refuse_infinite(path, sims[:, None], batch["caption_id"].filter(pa.array(known)))
        grid.put(rows[known], columns[known], sims)
    return unknown_captions, unknown_videos


def _batches(file: pq.ParquetFile, size: int, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    progress = Progress(log, "read", file.metadata.num_rows, unit="row")
    return progress.over(file.iter_batches(size, columns=list(columns)), count=len)


def _video_ids(path: Path, metadata: dict[bytes, bytes]) -> list[str]:
    try:
        videos = json.loads(metadata.get(b"video_ids", b""))
    except ValueError:
        videos = None
    if not isinstance(videos, list) or not all(isinstance(video, str) for video in videos):
        raise DatasetError(
            f"{path} does not name its videos. Put their ids, a JSON list of texts in the order of "
            "sim, into the schema's metadata under video_ids."
        )
    return videos


def _places(ids: pa.Array, wanted: Sequence[str]) -> tuple[NDArray[np.int64], set[str]]:
    """(len(ids),) place of each id among the wanted ones, -1 for unknown; and the unknown ones."""
    texts = ids.cast(pa.string())
    places = pc.index_in(texts, value_set=pa.array(wanted, pa.string()))
    unknown = texts.filter(places.is_null()).unique().to_pylist()
    return places.fill_null(-1).to_numpy().astype(np.int64), set(unknown)


def _rectangle(path: Path, lists: pa.Array, videos: int) -> NDArray[np.float16]:
    """(captions, videos) from a column of lists."""
    if not isinstance(lists, pa.ListArray | pa.LargeListArray | pa.FixedSizeListArray):
        raise DatasetError(f"{path}: sim is {lists.type}. It must be a list of floats.")
    lengths = set(pc.list_value_length(lists).to_pylist())
    if lengths - {videos}:
        raise DatasetError(
            f"{path}: a sim has {(lengths - {videos}).pop()} values, but video_ids names {videos} "
            "videos. Give every caption one value for each."
        )
    return _halves(path, lists.flatten()).reshape(-1, videos)


def _halves(path: Path, values: pa.Array) -> NDArray[np.float16]:
    if not pa.types.is_floating(values.type):
        raise DatasetError(f"{path}: similarities are {values.type}. They must be floats.")
    with np.errstate(over="ignore"):  # what overflows is found and named as infinite
        halves: NDArray[np.float16] = values.to_numpy(zero_copy_only=False).astype(np.float16)
    return halves


def _refuse_infinite(path: Path, sims: NDArray[np.float16], captions: pa.Array) -> None:
    broken = np.flatnonzero(~np.isfinite(sims).all(axis=1))
    if len(broken):
        caption: Any = captions[int(broken[0])].as_py()
        raise DatasetError(
            f"{path}: similarities of caption {caption!r} are not finite as float16. Scale them, "
            "best to -1..1."
        )
