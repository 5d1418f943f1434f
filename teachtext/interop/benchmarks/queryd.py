"""QuerYD and QuerYDSegments: pickles of words and lists in, captions out.

Layout: https://github.com/oncescuandreea/QuerYD_downloader gives out the pickles, in two versions,
and in ``QuerYD-experts.tar.gz`` the lists with them; names and use as in
data_loader/QuerYD_dataset.py and QuerYDSegments_dataset.py of
https://github.com/albanie/collaborative-experts. Ids are ``video-`` and YouTube's.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path

from teachtext.interop.benchmarks.lists import LISTS, add_listed, read_splits, remark_silent
from teachtext.interop.benchmarks.records import (
    AnnotationFile,
    Annotations,
    Benchmark,
    Counts,
    Files,
    Need,
    SourceClip,
)

WHOLE, SEGMENTS = "raw_captions_combined_filtered", "split_raw_captions_filtered"
_VERSIONS = (".pkl", "-v2.pkl", "-v1.pkl")
EXISTING = tuple(f"exists_{name}" for name in LISTS)
"""Lists of the videos that could be fetched."""
_PREFIX = "video-"
"""Ids begin with it, names of video files often do not."""
_ORIGIN = "github.com/oncescuandreea/QuerYD_downloader"


def _needs(pickle: str) -> tuple[Need, Need]:
    return tuple((pickle + version,) for version in _VERSIONS), (LISTS, EXISTING)


def _reader(pickle: str) -> Callable[[Files], Annotations]:
    def read(files: Files) -> Annotations:
        said = Annotations()
        (file,) = [file for name, file in files.items() if name.startswith(pickle)]
        splits_of = read_splits(files, LISTS if LISTS[0] in files else EXISTING)
        for video, captions in _words(file).items():
            for caption in captions:
                add_listed(said, splits_of, video, caption)
            said.clips[video] = (SourceClip(video), SourceClip(video.removeprefix(_PREFIX)))
        remark_silent(said, splits_of)
        return said

    return read


def _words(file: AnnotationFile) -> dict[str, list[str]]:
    # NumPy, which the names here need not
    from teachtext.interop.features.pickles import read_words

    # pickles are read from files, which members of archives are not
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / file.name
        path.write_bytes(file.content)
        return read_words(path)


QUERYD = Benchmark(
    title="QuerYD",
    origin=_ORIGIN,
    needs=_needs(WHOLE),
    read=_reader(WHOLE),
    published={},
    paragraphs=True,
)
QUERYDSEGMENTS = Benchmark(
    title="QuerYDSegments",
    origin=_ORIGIN,
    needs=_needs(SEGMENTS),
    read=_reader(SEGMENTS),
    published={"train": Counts(9113), "val": Counts(1952), "test": Counts(1954)},
)
