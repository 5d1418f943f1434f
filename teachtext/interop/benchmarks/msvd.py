"""MSVD, or Microsoft Research Video Description Corpus: descriptions and splits in, captions out.

Layouts: ``AllVideoDescriptions.txt`` and the CSV are given out at
https://www.cs.utexas.edu/users/ml/clamp/videoDescription/; the lists are those of
https://github.com/albanie/collaborative-experts/tree/master/misc/datasets/msvd, read as in its
data_loader/MSVD_dataset.py. ``youtube_mapping.txt`` numbers the clips as Venugopalan et al. (2015)
did, whose splits are ranges of these numbers (https://github.com/xudejing/video-question-answering
has the file).
"""

import re
from collections.abc import Iterator, Mapping

from teachtext.interop.benchmarks.lists import (
    LISTS,
    Membership,
    add_listed,
    read_splits,
    remark_silent,
)
from teachtext.interop.benchmarks.reading import lines_of, rows_of
from teachtext.interop.benchmarks.records import (
    AnnotationFile,
    Annotations,
    Benchmark,
    Counts,
    Files,
    SourceClip,
)
from teachtext.tables.dataset import Split

DESCRIPTIONS = "AllVideoDescriptions.txt"
CORPUS = ("MSR Video Description Corpus.csv", "video_corpus.csv")
_COLUMNS = ("VideoID", "Start", "End", "Language", "Description")
MAPPING = "youtube_mapping.txt"
LAST_TRAIN, LAST_VAL = 1200, 1300
"""Numbers of the last clips of these splits."""
_ENCODING = "latin-1"


def read_msvd(files: Files) -> Annotations:
    """English descriptions, in the order of their file."""
    said = Annotations()
    number_of = _numbers(files[MAPPING]) if MAPPING in files else {}
    splits_of = _splits(files, number_of)
    for video, text in _descriptions(files):
        add_listed(said, splits_of, video, text)
    remark_silent(said, splits_of)
    said.clips = {
        video: (SourceClip(video), SourceClip(number)) for video, number in number_of.items()
    }
    return said


def _descriptions(files: Files) -> Iterator[tuple[str, str]]:
    if DESCRIPTIONS in files:
        for line in lines_of(files[DESCRIPTIONS], fallback=_ENCODING):
            video, _, text = line.partition(" ")
            if not video.startswith("#"):
                yield video, text
        return
    (name,) = [name for name in CORPUS if name in files]
    for row in rows_of(files[name], *_COLUMNS, fallback=_ENCODING):
        if row["Language"] == "English":
            yield "_".join((row["VideoID"], row["Start"], row["End"])), row["Description"]


def _numbers(file: AnnotationFile) -> dict[str, str]:
    """Video id -> ``vid1`` and so on."""
    pairs = [line.split() for line in lines_of(file)]
    return {pair[0]: pair[1] for pair in pairs if len(pair) == 2}


def _splits(files: Files, number_of: Mapping[str, str]) -> Membership:
    if LISTS[0] not in files:
        return {video: [_split(number)] for video, number in number_of.items()}
    own = {number: video for video, number in number_of.items()}
    return {own.get(given, given): splits for given, splits in read_splits(files).items()}


def _split(number: str) -> Split:
    digits = re.sub(r"\D", "", number)
    place = int(digits) if digits else LAST_VAL + 1
    return "train" if place <= LAST_TRAIN else "val" if place <= LAST_VAL else "test"


MSVD = Benchmark(
    title="MSVD",
    origin="www.cs.utexas.edu/users/ml/clamp/videoDescription, the lists at "
    "github.com/albanie/collaborative-experts (misc/datasets/msvd)",
    needs=(
        ((DESCRIPTIONS,), *((name,) for name in CORPUS)),
        (LISTS, (MAPPING,)),
    ),
    optional=(MAPPING,),
    read=read_msvd,
    published={
        "train": Counts(1200, 48_774),
        "val": Counts(100, 4290),
        "test": Counts(670, 27_763),
    },
)
