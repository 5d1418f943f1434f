"""LSMDC 2016: tables without a header in, captions out.

Layout: ``<clip> <start> <end> <start> <end> <sentence>``, separated by tabs, in which a clip may
occur more than once; so it is read in dataloaders/dataloader_lsmdc_retrieval.py of
https://github.com/ArrowLuo/CLIP4Clip. The files are given out with a password by
https://sites.google.com/site/describingmovies/download.
"""

from teachtext.interop.benchmarks.reading import lines_of
from teachtext.interop.benchmarks.records import Annotations, Benchmark, Counts, Files
from teachtext.tables.dataset import Split

_FILES: dict[str, Split] = {
    "LSMDC16_annos_training.csv": "train",
    "LSMDC16_annos_val.csv": "val",
    "LSMDC16_challenge_1000_publictect.csv": "test",
}


def read_lsmdc(files: Files) -> Annotations:
    """Sentences of clips, in the order of their files."""
    said = Annotations()
    for name, split in _FILES.items():
        for line in lines_of(files[name], fallback="latin-1"):
            clip, tab, rest = line.partition("\t")
            if tab:
                said.add(clip, split, rest.rpartition("\t")[2])
            else:
                said.remarks.add("lines without a tab", line[:40])
    return said


LSMDC = Benchmark(
    title="LSMDC",
    origin="sites.google.com/site/describingmovies/download",
    needs=((tuple(_FILES),),),
    read=read_lsmdc,
    published={
        "train": Counts(101_079, 101_079),
        "val": Counts(7408, 7408),
        "test": Counts(1000, 1000),
    },
)
