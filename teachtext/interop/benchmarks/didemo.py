"""DiDeMo: the authors' JSON in, captions out, of which those of a video make one paragraph.

Layout: ``data/`` of https://github.com/LisaAnne/LocalizingMoments, explained in its README; ids are
names of files before their first dot, as in collaborative-experts' data_loader/DiDeMo_dataset.py.
"""

from teachtext.interop.benchmarks.reading import json_of, objects_in
from teachtext.interop.benchmarks.records import Annotations, Benchmark, Counts, Files
from teachtext.interop.benchmarks.video_names import first_part_of
from teachtext.tables.dataset import Split

_FILES: dict[str, Split] = {
    "train_data.json": "train",
    "val_data.json": "val",
    "test_data.json": "test",
}


def read_didemo(files: Files) -> Annotations:
    """Descriptions of moments, in the order of their files."""
    said = Annotations()
    for name, split in _FILES.items():
        moments = json_of(files[name])
        for moment in objects_in(files[name], moments, "video", "description", "annotation_id"):
            video = str(moment["video"]).partition(".")[0]
            # the authors' number says which of a video's captions it is, whatever the file
            said.add(video, split, moment["description"], f"{video}#{moment['annotation_id']}")
    return said


DIDEMO = Benchmark(
    title="DiDeMo",
    origin="github.com/LisaAnne/LocalizingMoments (data/)",
    needs=((tuple(_FILES),),),
    read=read_didemo,
    published={"train": Counts(8392), "val": Counts(1065), "test": Counts(1004)},
    paragraphs=True,
    stem=first_part_of,
)
