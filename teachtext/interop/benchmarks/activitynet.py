"""ActivityNet Captions: the authors' JSON in, captions out, of which those of a video are one text.

Layout: ``captions.zip`` of https://cs.stanford.edu/people/ranjaykrishna/densevid/, a sentence for
each segment of a video. As in collaborative-experts, val1 is what is tested on, and val2, other
sentences of the same videos, is left out.
"""

from teachtext.interop.benchmarks.reading import json_of, mapping_in
from teachtext.interop.benchmarks.records import Annotations, Benchmark, Counts, Files, SourceClip
from teachtext.tables.dataset import Split

_FILES: dict[str, Split] = {"train.json": "train", "val_1.json": "test"}
_IGNORED = "val_2.json"
_PREFIX = "v_"
"""Ids begin with it, names of video files often do not."""


def read_activitynet(files: Files) -> Annotations:
    """Sentences of segments, in the order of their files."""
    said = Annotations()
    for name, split in _FILES.items():
        described = mapping_in(files[name], json_of(files[name]), "sentences")
        for video, value in described.items():
            sentences = value["sentences"]
            for sentence in sentences if isinstance(sentences, list) else [sentences]:
                said.add(video, split, sentence)
            said.clips[video] = (SourceClip(video), SourceClip(video.removeprefix(_PREFIX)))
    if _IGNORED in files:
        said.remarks.add("files left out, whose sentences are of val_1's videos again", _IGNORED)
    return said


ACTIVITYNET = Benchmark(
    title="ActivityNet Captions",
    origin="cs.stanford.edu/people/ranjaykrishna/densevid (captions.zip)",
    needs=((tuple(_FILES),),),
    optional=(_IGNORED,),
    read=read_activitynet,
    published={"train": Counts(10_009), "test": Counts(4917)},
    splits=("train", "test"),
    paragraphs=True,
)
