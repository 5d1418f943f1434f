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
    """One file that a benchmark's authors give out.

    Attributes:
        name: its own name.
        place: where it was found: its path, or that of an archive and its name therein.
        content: its bytes.
    """

    name: str
    place: str
    content: bytes


@dataclass(frozen=True)
class Clip:
    """Part of a video file.

    Attributes:
        stem: name of the file, without folder and extension.
        start_seconds: where the clip begins in the file; None: at its start.
        end_seconds: where it ends; None: at its end.
    """

    stem: str
    start_seconds: float | None = None
    end_seconds: float | None = None


@dataclass
class Annotations:
    """What the files of a benchmark say.

    Attributes:
        captions: in the order of the files; those without an id of their own have an empty one.
        clips: video id -> where it may be, the best first; others are files named by their ids.
        remarks: what was odd.
    """

    captions: list[Caption] = field(default_factory=list)
    clips: dict[str, tuple[Clip, ...]] = field(default_factory=dict)
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
    """How much a split has.

    Attributes:
        videos: number of them.
        captions: number of them; None: not published.
    """

    videos: int
    captions: int | None = None


@dataclass(frozen=True)
class Benchmark:
    """A published data set with fixed splits.

    Attributes:
        title: its name in print.
        origin: where its annotations are given out.
        needs: the files that are needed.
        read: name -> file, of those that were chosen, to what they say.
        published: how much each split has in the papers, where that is known.
        optional: names of files that are used where they are there.
        splits: those that the papers have.
        paragraphs: all captions of a video are one query in the papers.
        stem: name of a video file -> the id that it has, or None for other files.
    """

    title: str
    origin: str
    needs: tuple[Need, ...]
    read: Callable[[Mapping[str, AnnotationFile]], Annotations]
    published: Mapping[Split, Counts]
    optional: tuple[str, ...] = ()
    splits: tuple[Split, ...] = SPLITS
    paragraphs: bool = False
    stem: Callable[[str], str | None] = stem_of
