"""What a benchmark is, and what its annotation files say. Records only; no files."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from teachtext.interop.benchmarks.video_names import stem_of
from teachtext.interop.remarks import Remarks
from teachtext.tables.dataset import SPLITS, Caption, Split

Need = tuple[tuple[str, ...], ...]
"""Files that are needed: alternatives, each of them some names that belong together."""


@dataclass(frozen=True)
class AnnotationFile:
    """One file that a benchmark's authors publish.

    Attributes:
        name: Name of the file, without folders.
        place: Path of the file, or path of an archive and the file's name in it.
        content: Content of the file in bytes.
    """

    name: str
    place: str
    content: bytes


Files = Mapping[str, AnnotationFile]
"""Annotation files by name."""


@dataclass(frozen=True)
class SourceClip:
    """Part of a video file.

    Attributes:
        stem: Name of the file, without folder and extension.
        start_seconds: Start of the clip in the file, in seconds; None for the start of the file.
        end_seconds: End of the clip in the file, in seconds; None for the end of the file.
    """

    stem: str
    start_seconds: float | None = None
    end_seconds: float | None = None


@dataclass
class Annotations:
    """The content of a benchmark's files.

    Attributes:
        captions: Captions in the order of the files; the ID is empty if the files give none.
        clips: Possible clips of each video ID, best first; the files of videos not listed are named
            by their IDs.
        remarks: Irregularities found in the files.
    """

    captions: list[Caption] = field(default_factory=list)
    clips: dict[str, tuple[SourceClip, ...]] = field(default_factory=dict)
    remarks: Remarks = field(default_factory=Remarks)

    def add(self, video: object, split: Split, text: object, caption_id: object = "") -> None:
        """Take a caption; what is neither text nor number counts as empty."""
        values = [
            str(value) if isinstance(value, str | int) else ""
            for value in (caption_id, video, text)
        ]
        self.captions.append(Caption(values[0], values[1], split, values[2]))


@dataclass(frozen=True)
class Counts:
    """The size of a split.

    Attributes:
        videos: Number of videos.
        captions: Number of captions; None if not published.
    """

    videos: int
    captions: int | None = None


@dataclass(frozen=True)
class Benchmark:
    """A published data set with fixed splits.

    Attributes:
        title: Name of the benchmark in print.
        origin: Place where the annotations are published.
        needs: Files that are needed.
        read: Function that reads the annotations from the chosen files by name.
        published: Published size of each split, where it is known.
        optional: Names of files that are used if present.
        splits: Splits that the papers have.
        paragraphs: True if all captions of a video form one query in the papers.
        stem: Function from the name of a video file to its ID, or None for other files.
    """

    title: str
    origin: str
    needs: tuple[Need, ...]
    read: Callable[[Files], Annotations]
    published: Mapping[Split, Counts]
    optional: tuple[str, ...] = ()
    splits: tuple[Split, ...] = SPLITS
    paragraphs: bool = False
    stem: Callable[[str], str | None] = stem_of
