"""YouCook2: the authors' JSON in, a clip with one caption per segment out.

Layout: ``youcookii_annotations_trainval.tar.gz`` of http://youcook2.eecs.umich.edu/download,
``{"database": {video: {"subset", "annotations": [{"segment", "id", "sentence"}]}}}``, seconds.
"""

from collections.abc import Mapping
from typing import Any

from teachtext.interop.benchmarks.reading import json_of, mapping_in, objects_in
from teachtext.interop.benchmarks.records import Annotations, Benchmark, Files, SourceClip
from teachtext.tables.dataset import Split

_FILE = "youcookii_annotations_trainval.json"
_SPLIT_OF: dict[str, Split] = {"training": "train", "validation": "test"}


def read_youcook2(files: Files) -> Annotations:
    """Sentences of segments, in the order of the file."""
    said = Annotations()
    file = files[_FILE]
    database = mapping_in(file, json_of(file)).get("database")
    for video, value in mapping_in(file, database, "subset", "annotations").items():
        split = _SPLIT_OF.get(str(value["subset"]))
        if split is None:
            said.remarks.add("videos of no split", video)
            continue
        for segment in objects_in(file, value["annotations"], "segment", "id", "sentence"):
            _add(said, video, split, segment)
    return said


def _add(said: Annotations, video: str, split: Split, segment: Mapping[str, Any]) -> None:
    clip_id = f"{video}_{segment['id']}"
    clip = _clip(video, segment["segment"])
    if clip is None:
        said.remarks.add("clips whose seconds are no part of a video", clip_id)
        return
    said.add(clip_id, split, segment["sentence"])
    said.clips[clip_id] = (clip,)


def _clip(video: str, seconds: object) -> SourceClip | None:
    match seconds:
        case [int() | float() as start, int() | float() as end] if 0 <= start < end < float("inf"):
            return SourceClip(video, float(start), float(end))
    return None


YOUCOOK2 = Benchmark(
    title="YouCook2",
    origin="youcook2.eecs.umich.edu/download",
    needs=(((_FILE,),),),
    read=read_youcook2,
    published={},
    splits=("train", "test"),
)
