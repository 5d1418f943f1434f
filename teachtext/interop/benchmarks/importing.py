"""A benchmark taken over: annotation files and a folder of videos in, our tables out."""

import csv
import hashlib
import json
import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from teachtext import __version__
from teachtext.errors import ConfigError, DatasetError
from teachtext.files.atomic import replacing
from teachtext.interop.benchmarks.benchmarks import BENCHMARKS
from teachtext.interop.benchmarks.files import find_annotations
from teachtext.interop.benchmarks.holding_out import hold_out
from teachtext.interop.benchmarks.records import AnnotationFile, Benchmark, Counts
from teachtext.interop.benchmarks.tidying import tidy
from teachtext.interop.benchmarks.videos import find_videos, match_videos
from teachtext.interop.remarks import EXAMPLES, Remarks
from teachtext.tables.dataset import SPLITS, Caption, Split, VideoSource, videos_of, write_captions

log = logging.getLogger(__name__)

_CAPTIONS, _VIDEOS, _ACCOUNT = "captions.csv", "videos.csv", "import.json"
"""Names of what is written."""


@dataclass(frozen=True)
class Imported:
    """A benchmark, ready to be written.

    Attributes:
        name: Name of the benchmark, as typed.
        captions: Rows of the table of captions.
        videos: Rows of the table of videos; None if no folder of videos was given.
        held_out: Number of training videos moved to val.
        remarks: IDs affected by each irregularity found.
        files: Files that the benchmark was read from.
    """

    name: str
    captions: list[Caption]
    videos: list[VideoSource] | None
    held_out: int
    remarks: Remarks
    files: list[AnnotationFile]

    @property
    def benchmark(self) -> Benchmark:
        """What it shall be."""
        return BENCHMARKS[self.name]

    def counts(self) -> dict[Split, Counts]:
        """How much each split has; in the order of the splits."""
        captions = Counter(caption.split for caption in self.captions)
        return {
            split: Counts(len(videos_of(self.captions, split)), captions[split]) for split in SPLITS
        }


def import_dataset(
    name: str, annotations: Sequence[Path], *, videos: Path | None, held_out: int | None
) -> Imported:
    """Read a benchmark.

    Args:
        name: Name of the benchmark.
        annotations: Annotation files of the benchmark, or folders and archives that contain them.
        videos: Folder of the video files; None to make no table of videos.
        held_out: Number of training videos to move to val, chosen by a hash of their IDs; None to
            keep the splits of the papers.

    Raises:
        ConfigError: Videos are to be held out, and the benchmark has a val split.
        DatasetError: A file is missing or damaged, or nothing is left of train or test.
    """
    benchmark = BENCHMARKS[name]
    if held_out is not None and "val" in benchmark.splits:
        others = [other for other, one in BENCHMARKS.items() if "val" not in one.splits]
        raise ConfigError(
            f"{name} has a val split of its own. Leave out --hold-out, which is for: "
            f"{', '.join(others)}."
        )
    files = find_annotations(annotations, benchmark)
    said = benchmark.read(files)
    remarks = said.remarks
    captions = tidy(said.captions, remarks)
    sources = None
    if videos is not None:
        found = find_videos(videos, stem=benchmark.stem, remarks=remarks)
        sources, captions = match_videos(captions, clips=said.clips, files=found, remarks=remarks)
    _require_splits(benchmark, captions, remarks)
    if held_out is not None:
        captions = hold_out(captions, held_out)
    for remark in remarks.lines():
        log.warning("%s: %s", name, remark)
    return Imported(name, captions, sources, held_out or 0, remarks, list(files.values()))


def _require_splits(benchmark: Benchmark, captions: Sequence[Caption], remarks: Remarks) -> None:
    for split in ("train", "test"):
        if not any(caption.split == split for caption in captions):
            odd = "; ".join(remarks.lines()) or "the files have none"
            raise DatasetError(
                f"{benchmark.title}: no caption is left of split {split!r} ({odd}). Check that "
                "the files are of this benchmark and the videos named by its ids."
            )


def write_dataset(imported: Imported, folder: Path) -> None:
    """Write the tables, and a record of what they were made from.

    Each file appears complete or not at all. Paths of videos within the folder are relative, so
    that the folder may move; others are absolute, so that it may move without them.

    Args:
        imported: Benchmark to write.
        folder: Folder to write ``captions.csv``, ``import.json`` and, if there are videos,
            ``videos.csv`` to.
    """
    write_captions(folder / _CAPTIONS, imported.captions)
    if imported.videos is not None:
        _write_videos(folder / _VIDEOS, imported.videos)
    elif (folder / _VIDEOS).exists():
        log.warning("%s is left as it was, as no --videos are given", folder / _VIDEOS)
    with replacing(folder / _ACCOUNT) as temporary:
        temporary.write_text(json.dumps(_account(imported), indent=2) + "\n", encoding="utf-8")


def _write_videos(path: Path, videos: Iterable[VideoSource]) -> None:
    folder = path.parent.resolve()
    with replacing(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(("video_id", "path", "start_seconds", "end_seconds"))
        for video in videos:
            inside = video.path.is_relative_to(folder)
            where = video.path.relative_to(folder) if inside else video.path
            writer.writerow((video.video_id, where, video.start_seconds, video.end_seconds))


def _account(imported: Imported) -> dict[str, object]:
    return {
        "benchmark": imported.name,
        "teachtext": __version__,
        "counts": {split: asdict(counts) for split, counts in imported.counts().items()},
        "published": {
            split: asdict(counts) for split, counts in imported.benchmark.published.items()
        },
        "held_out": imported.held_out,
        "remarks": [
            {"what": what, "count": len(about), "examples": about[:EXAMPLES]}
            for what, about in imported.remarks.items()
        ],
        "annotations": [
            {
                "name": file.name,
                "place": file.place,
                "sha256": hashlib.sha256(file.content).hexdigest(),
            }
            for file in imported.files
        ],
    }
