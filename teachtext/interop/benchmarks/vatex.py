"""VaTeX: the authors' JSON in, English captions out.

Layout: ``vatex_*_v1.0.json`` of https://eric-xw.github.io/vatex-website/download.html. The authors'
validation set is cut into val and test; the lists have the names that data_loader/VaTeX_dataset.py
of https://github.com/albanie/collaborative-experts looks for.
"""

import re
from collections.abc import Sequence

from teachtext.interop.benchmarks.holding_out import by_hash
from teachtext.interop.benchmarks.reading import ids_of, json_of, objects_in
from teachtext.interop.benchmarks.records import Annotations, Benchmark, Counts, Files, SourceClip
from teachtext.tables.dataset import Split

_TRAINING, VALIDATION = "vatex_training_v1.0.json", "vatex_validation_v1.0.json"
CUT: dict[str, Split] = {"val_list_split1.txt": "val", "val_list_split2.txt": "test"}
TIMED = re.compile(r"(.+)_(\d{6})_(\d{6})")
"""An id: YouTube's, and first and last second."""


def read_vatex(files: Files) -> Annotations:
    """Captions of clips, in the order of their files."""
    said = Annotations()
    for clip in objects_in(files[_TRAINING], json_of(files[_TRAINING]), "videoID", "enCap"):
        _add(said, "train", str(clip["videoID"]), clip["enCap"])
    clips = objects_in(files[VALIDATION], json_of(files[VALIDATION]), "videoID", "enCap")
    videos = [str(clip["videoID"]) for clip in clips]
    split_of = _listed(files) if CUT.keys() <= files.keys() else _halved(said, videos)
    for video, clip in zip(videos, clips, strict=True):
        if video in split_of:
            _add(said, split_of[video], video, clip["enCap"])
        else:
            said.remarks.add("videos of no split", video)
    return said


def _add(said: Annotations, split: Split, video: str, captions: object) -> None:
    for caption in captions if isinstance(captions, list) else [captions]:
        said.add(video, split, caption)
    if match := TIMED.fullmatch(video):
        youtube, start, end = match.groups()
        said.clips[video] = (SourceClip(video), SourceClip(youtube, float(start), float(end)))


def _listed(files: Files) -> dict[str, Split]:
    return {video: split for name, split in CUT.items() for video in ids_of(files[name])}


def _halved(said: Annotations, videos: Sequence[str]) -> dict[str, Split]:
    order = by_hash(videos)
    for video in order:
        said.remarks.add(
            f"videos of the validation set halved by a hash of their ids for want of "
            f"{' and '.join(CUT)}, so results are not those of others' halves",
            video,
        )
    return {video: "val" if i < len(order) // 2 else "test" for i, video in enumerate(order)}


VATEX = Benchmark(
    title="VaTeX",
    origin="eric-xw.github.io/vatex-website/download.html",
    needs=(((_TRAINING, VALIDATION),),),
    optional=tuple(CUT),
    read=read_vatex,
    published={
        "train": Counts(25_991, 259_910),
        "val": Counts(1500, 15_000),
        "test": Counts(1500, 15_000),
    },
)
