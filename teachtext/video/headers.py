"""How long videos are by their headers alone, in a limited time."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import av

from teachtext.errors import MediaError
from teachtext.video.files import open_video
from teachtext.video.isolation import Limits, map_isolated
from teachtext.video.scanning import promised_end

_LIMITS = Limits(timeout_seconds=10, memory_bytes=4 << 30)


@dataclass(frozen=True)
class HeaderLengths:
    """What the headers of some files say.

    Attributes:
        seconds: Length of each file that was read, in seconds; 0 where its header does not say.
        problems: Reason for each file that is no video or cannot be read.
    """

    seconds: dict[Path, float] = field(default_factory=dict)
    problems: dict[Path, str] = field(default_factory=dict)


def header_seconds(path: Path) -> float:
    """Length of a video as its header says, in seconds; 0 if it does not.

    Raises:
        MediaError: The file is no video or cannot be read.
    """
    with open_video(path) as (container, stream):
        if container.duration:
            return container.duration / av.time_base
        return max(0.0, promised_end(stream, 0.0))


def read_header_lengths(
    paths: Sequence[Path], *, workers: int, most_seconds: float
) -> HeaderLengths:
    """Read headers in child processes, one file after another, until the time is over.

    Args:
        paths: Files to read, those first whose outcome counts most.
        workers: Number of processes at a time.
        most_seconds: Time after which no more are read, in seconds; one is always read.
    """
    read = HeaderLengths()
    begin = time.monotonic()
    for path, outcome in map_isolated(header_seconds, paths, workers=workers, limits=_LIMITS):
        if isinstance(outcome, MediaError):
            read.problems[path] = str(outcome)
        else:
            read.seconds[path] = outcome
        if time.monotonic() - begin > most_seconds:
            break
    return read
