"""Which packets must be decoded to see the pictures shown at given moments. No decoding here."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream
from numpy.typing import NDArray

from teachtext.video.files import demux, open_video

TOLERANCE_SECONDS = 1e-4
HOLD_SHARE = 1.5
"""The last picture stays for this share of its length; a moment after that has been lost."""
MAX_REORDERED = 32
"""So many later packets, and no picture with an earlier time can come; codecs allow 16."""
_KEPT_BYTES = 32 << 20
"""Packets of a part up to this size stay in memory; more are read again."""
CONTAINERS_WITHOUT_TIMES = ("avi",)
SEEK_BACK_SECONDS = (0.0, 2.0, 15.0)
"""How far before the first moment to look for a key frame, in turn."""


@dataclass(frozen=True)
class StreamPart:
    """The packets of a part of a stream, in the order of decoding.

    Attributes:
        path: Video file.
        pts_P: (P,) Presentation time of each packet, in units of ``time_base``.
        is_key_P: (P,) True where decoding can begin.
        is_hidden_P: (P,) True for packets that are decoded but never shown.
        time_base: Duration of one time unit in seconds.
        end_seconds: Time at which the last picture disappears, in seconds; infinite if the stream
            goes on.
        begins_at: Position to which the container was sought, in time units; None without a seek.
        has_times: Whether the container states presentation times; if not, libav guesses them,
            correctly for the packets as a whole but not for each one.
        kept: The packets themselves if they are small; None otherwise.
    """

    path: Path
    pts_P: NDArray[np.int64]
    is_key_P: NDArray[np.bool_]
    is_hidden_P: NDArray[np.bool_]
    time_base: float
    end_seconds: float
    begins_at: int | None
    has_times: bool
    kept: "Sequence[Packet[VideoStream]] | None" = field(repr=False)

    def packets(self) -> "Iterator[Packet[VideoStream]]":
        """The packets once more."""
        if self.kept is not None:
            yield from self.kept
            return
        with open_video(self.path) as (container, stream):
            if self.begins_at is not None:
                container.seek(self.begins_at, stream=stream)
            for _, packet in zip(self.pts_P, demux(container, stream), strict=False):
                yield packet


@dataclass(frozen=True)
class PacketRun:
    """Packets decoded one after another, from a key frame to the last picture wanted from there.

    Attributes:
        begin: Index of the first packet.
        end: Index of the last packet.
        moments: Presentation time of each wanted picture -> indices of the moments at which it is
            shown.
    """

    begin: int
    end: int
    moments: dict[int, list[int]]


def read_part(
    path: Path, container: InputContainer, stream: VideoStream, *, first: float, last: float
) -> StreamPart:
    """Read the packets that are needed to see everything between two moments.

    Args:
        path: Video file.
        container: The file, freshly opened.
        stream: Video stream of the file.
        first: First moment on the stream's own clock, in seconds.
        last: Last moment on the stream's own clock, in seconds.
    """
    time_base = float(stream.time_base or 1)
    start = (stream.start_time or 0) * time_base
    if first <= start + SEEK_BACK_SECONDS[-1]:  # a seek would save nothing
        return _read(path, container, stream, last)
    for back in SEEK_BACK_SECONDS:
        begins_at = int((first - back) / time_base)
        try:
            container.seek(begins_at, stream=stream)
        except av.FFmpegError:
            break  # some formats cannot
        part = _read(path, container, stream, last, begins_at)
        early = part.pts_P * time_base <= first + TOLERANCE_SECONDS
        if (part.is_key_P & early).any():
            return part
    with open_video(path) as (again, other):
        return _read(path, again, other, last)


def _read(
    path: Path,
    container: InputContainer,
    stream: VideoStream,
    last: float,
    begins_at: int | None = None,
) -> StreamPart:
    """Read packets from where the container is up to the last moment."""
    time_base = float(stream.time_base or 1)
    limit = (last + TOLERANCE_SECONDS) / time_base
    has_times = container.format.name not in CONTAINERS_WITHOUT_TIMES
    facts: list[tuple[int, int, bool, bool]] = []
    kept: list[Packet[VideoStream]] | None = []
    goes_on, size, later = False, 0, 0
    for packet in demux(container, stream):
        later += packet.pts is not None and packet.pts > limit
        # what is decoded after the last moment is shown after it, and all that follows too
        is_past = packet.dts is not None and packet.dts > limit
        if later > MAX_REORDERED or (has_times and is_past):
            goes_on = True
            break
        pts = packet.dts if packet.pts is None else packet.pts
        is_hidden = packet.is_discard or pts is None
        facts.append((pts or 0, packet.duration or 0, packet.is_keyframe, is_hidden))
        size += packet.size
        if size > _KEPT_BYTES:
            kept = None
        elif kept is not None:
            kept.append(packet)
    columns = np.array(facts, np.int64).reshape(-1, 4).T
    pts_P, durations_P = np.ascontiguousarray(columns[:2])
    is_key_P, is_hidden_P = np.ascontiguousarray(columns[2:], np.bool_)
    end = np.inf if goes_on else _end(pts_P, durations_P, is_hidden_P) * time_base
    return StreamPart(
        path, pts_P, is_key_P, is_hidden_P, time_base, end, begins_at, has_times, kept
    )


def _end(
    pts_P: NDArray[np.int64], durations_P: NDArray[np.int64], is_hidden_P: NDArray[np.bool_]
) -> float:
    """When the last picture disappears, in time units."""
    shown = np.sort(pts_P[~is_hidden_P])
    if not len(shown):
        return -np.inf
    gap = float(np.median(np.diff(shown))) if len(shown) > 1 else 0.0
    longest = max(gap, float(durations_P[np.argmax(np.where(is_hidden_P, -1, pts_P))]))
    # a lone picture without a length stays
    return float(shown[-1] + HOLD_SHARE * longest) if longest else np.inf


def plan_runs(part: StreamPart, moments_T: NDArray[np.float64]) -> list[PacketRun]:
    """What to decode for the pictures shown at some moments; lost ones are left out.

    Args:
        part: Packets to choose from.
        moments_T: (T,) Sorted moments on the stream's own clock, in seconds.
    """
    shown = np.flatnonzero(~part.is_hidden_P)
    order = shown[np.argsort(part.pts_P[shown], kind="stable")]
    held = moments_T < part.end_seconds
    if not len(order) or not held.any():
        return []
    seconds = part.pts_P[order] * part.time_base
    last_before = np.searchsorted(seconds, moments_T[held] + TOLERANCE_SECONDS, side="right") - 1
    # the first picture stands in for what is before it
    wanted = order[np.maximum(last_before, 0)]
    keys = np.flatnonzero(part.is_key_P)
    runs: list[PacketRun] = []
    for place, packet in enumerate(wanted.tolist()):
        key = _key_before(part, keys, packet)
        if not runs or key > runs[-1].end:
            runs.append(PacketRun(key, packet, {}))
        run = runs[-1]
        run.moments.setdefault(int(part.pts_P[packet]), []).append(place)
        runs[-1] = replace(run, end=max(run.end, packet))
    return runs


def _key_before(part: StreamPart, keys: NDArray[np.int64], packet: int) -> int:
    """The last packet to begin with: decoded before, and shown no later.

    What is shown before a key frame but decoded after it may need what lies before the key frame.
    """
    place = int(np.searchsorted(keys, packet, side="right")) - 1
    while place >= 0 and part.pts_P[keys[place]] > part.pts_P[packet]:
        place -= 1
    return int(keys[place]) if place >= 0 else 0
