"""MSR-VTT and its splits: the authors' JSON and the lists of others in, captions out.

Layouts: the JSON is the MSR-VTT challenge's of 2016 (``train_val_videodatainfo.json``) and 2017
(``test_videodatainfo.json``), or both joined as by CLIP4Clip (``msrvtt_data.zip`` of
https://github.com/ArrowLuo/CLIP4Clip, read by its dataloader_msrvtt_retrieval.py), which has the
CSV lists of JSFusion too. The lists in .txt are those of
https://github.com/albanie/collaborative-experts/tree/master/misc/datasets/msrvtt.
"""

from collections.abc import Iterator
from typing import Any

from teachtext.interop.benchmarks.lists import remark_silent
from teachtext.interop.benchmarks.reading import ids_of, json_of, mapping_in, objects_in, rows_of
from teachtext.interop.benchmarks.records import Annotations, Benchmark, Counts, Files, Need
from teachtext.tables.dataset import Split

Sentence = dict[str, Any]

JOINED = (("MSRVTT_data.json",), ("MSRVTT_v2.json",))
_PARTS = ("train_val_videodatainfo.json", "test_videodatainfo.json")
ALL: Need = (*JOINED, _PARTS)
_SPLIT_OF: dict[str, Split] = {
    "train": "train",
    "validate": "val",
    "val": "val",
    "validation": "val",
    "test": "test",
}
JSFUSION_TEST = "MSRVTT_JSFUSION_test.csv"
TRAIN_9K = ("MSRVTT_train.9k.csv", "train_list_jsfusion.txt")
TRAIN_7K = ("MSRVTT_train.7k.csv",)
MIECH = ("train_list_miech.txt", "test_list_miech.txt")
LISTS_ORIGIN = "github.com/albanie/collaborative-experts (misc/datasets/msrvtt)"
_ORIGIN = "github.com/ArrowLuo/CLIP4Clip (msrvtt_data.zip)"


def read_full(files: Files) -> Annotations:
    """The authors' own splits."""
    said = Annotations()
    split_of = {
        str(video["video_id"]): _SPLIT_OF.get(str(video["split"]))
        for video in _objects(files, "videos", "video_id", "split")
    }
    for sentence in _sentences(files):
        split = split_of.get(str(sentence["video_id"]))
        if split is None:
            said.remarks.add("captions of videos of no split", str(sentence["video_id"]))
        else:
            _add(said, split, sentence)
    return said


def read_1ka(files: Files) -> Annotations:
    """JSFusion's split: a list of training videos, and a table of one caption per test video."""
    said = Annotations()
    (name,) = [name for name in (*TRAIN_9K, *TRAIN_7K) if name in files]
    train = dict.fromkeys(ids_of(files[name]))
    for sentence in _sentences(files):
        if str(sentence["video_id"]) in train:
            _add(said, "train", sentence)
    remark_silent(said, train)
    for row in rows_of(files[JSFUSION_TEST], "video_id", "sentence"):
        said.add(row["video_id"], "test", row["sentence"], row.get("key", ""))
    return said


def read_1kb(files: Files) -> Annotations:
    """The split of Miech et al. (2018): two lists, and the first caption of each test video."""
    said = Annotations()
    train, test = (dict.fromkeys(ids_of(files[name])) for name in MIECH)
    told: set[str] = set()
    for sentence in _sentences(files):
        video = str(sentence["video_id"])
        if video in test and video not in told:
            told.add(video)
            _add(said, "test", sentence)
        if video in train:
            _add(said, "train", sentence)
    remark_silent(said, [*train, *test])
    return said


def _objects(files: Files, key: str, *keys: str) -> Iterator[Sentence]:
    """Objects of a list of the JSON, whether it is in one file or two."""
    for name in (*(names[0] for names in JOINED), *_PARTS):
        if file := files.get(name):
            yield from objects_in(file, mapping_in(file, json_of(file)).get(key), *keys)


def _sentences(files: Files) -> Iterator[Sentence]:
    return _objects(files, "sentences", "video_id", "caption")


def _add(said: Annotations, split: Split, sentence: Sentence) -> None:
    said.add(sentence["video_id"], split, sentence["caption"], sentence.get("sen_id", ""))


FULL = Benchmark(
    title="MSR-VTT, full split",
    origin=_ORIGIN,
    needs=(ALL,),
    read=read_full,
    published={
        "train": Counts(6513, 130_260),
        "val": Counts(497, 9940),
        "test": Counts(2990, 59_794),
    },
)
SPLIT_1KA = Benchmark(
    title="MSR-VTT, split 1k-A",
    origin=_ORIGIN,
    needs=(ALL, tuple((name,) for name in TRAIN_9K), ((JSFUSION_TEST,),)),
    read=read_1ka,
    published={"train": Counts(9000, 180_000), "test": Counts(1000, 1000)},
    splits=("train", "test"),
)
SPLIT_1KA_7K = Benchmark(
    title="MSR-VTT, split 1k-A with 7,010 training videos",
    origin=_ORIGIN,
    needs=((*JOINED, _PARTS[:1]), (TRAIN_7K,), ((JSFUSION_TEST,),)),
    read=read_1ka,
    published={"train": Counts(7010, 140_200), "test": Counts(1000, 1000)},
    splits=("train", "test"),
)
SPLIT_1KB = Benchmark(
    title="MSR-VTT, split 1k-B",
    origin=f"{_ORIGIN}, the lists at {LISTS_ORIGIN}",
    needs=(ALL, (MIECH,)),
    read=read_1kb,
    published={"train": Counts(6656, 133_120), "test": Counts(1000, 1000)},
    splits=("train", "test"),
)
