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
KEPT_BYTES = 32 << 20
"""Packets of a part up to this size stay in memory; more are read again."""
CONTAINERS_WITHOUT_TIMES = ("avi",)
SEEK_BACK_SECONDS = (0.0, 2.0, 15.0)
"""How far before the first moment to look for a key frame, in turn."""


@dataclass(frozen=True)
class Part:
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
class Run:
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
) -> Part:
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
        return _Reading(container, stream, last).part(path, None)
    for back in SEEK_BACK_SECONDS:
        begins_at = int((first - back) / time_base)
        try:
            container.seek(begins_at, stream=stream)
        except av.FFmpegError:
            break  # some formats cannot
        part = _Reading(container, stream, last).part(path, begins_at)
        early = part.pts_P * time_base <= first + TOLERANCE_SECONDS
        if (part.is_key_P & early).any():
            return part
    with open_video(path) as (again, other):
        return _Reading(again, other, last).part(path, None)


class _Reading:
    """Columns of a part while its packets are read."""

    def __init__(self, container: InputContainer, stream: VideoStream, last: float) -> None:
        self._has_times = container.format.name not in CONTAINERS_WITHOUT_TIMES
        self._time_base = float(stream.time_base or 1)
        self._limit = (last + TOLERANCE_SECONDS) / self._time_base
        self._pts: list[int] = []
        self._durations: list[int] = []
        self._is_key: list[bool] = []
        self._is_hidden: list[bool] = []
        self._kept: list[Packet[VideoStream]] | None = []
        self._goes_on = False
        size = later = 0
        for packet in demux(container, stream):
            later += packet.pts is not None and packet.pts > self._limit
            if later > MAX_REORDERED or (self._has_times and self._is_past(packet)):
                self._goes_on = True
                break
            size += packet.size
            self._add(packet, keep=size <= KEPT_BYTES)

    def _is_past(self, packet: "Packet[VideoStream]") -> bool:
        """Whether it, and with it all that follow, is shown after the last moment."""
        return packet.dts is not None and packet.dts > self._limit

    def _add(self, packet: "Packet[VideoStream]", *, keep: bool) -> None:
        pts = packet.dts if packet.pts is None else packet.pts
        self._is_hidden.append(packet.is_discard or pts is None)
        self._pts.append(0 if pts is None else pts)
        self._durations.append(packet.duration or 0)
        self._is_key.append(packet.is_keyframe)
        if not keep:
            self._kept = None
        elif self._kept is not None:
            self._kept.append(packet)

    def part(self, path: Path, begins_at: int | None) -> Part:
        pts_P = np.array(self._pts, np.int64)
        is_hidden_P = np.array(self._is_hidden, np.bool_)
        return Part(
            path=path,
            pts_P=pts_P,
            is_key_P=np.array(self._is_key, np.bool_),
            is_hidden_P=is_hidden_P,
            time_base=self._time_base,
            end_seconds=np.inf if self._goes_on else self._end(pts_P, is_hidden_P),
            begins_at=begins_at,
            has_times=self._has_times,
            kept=self._kept,
        )

    def _end(self, pts_P: NDArray[np.int64], is_hidden_P: NDArray[np.bool_]) -> float:
        shown = np.sort(pts_P[~is_hidden_P])
        if not len(shown):
            return -np.inf
        gap = float(np.median(np.diff(shown))) if len(shown) > 1 else 0.0
        longest = max(gap, self._durations[int(np.argmax(np.where(is_hidden_P, -1, pts_P)))])
        # a lone picture without a length stays
        return float(shown[-1] + HOLD_SHARE * longest) * self._time_base if longest else np.inf


def plan_runs(part: Part, moments_T: NDArray[np.float64]) -> list[Run]:
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
    runs: list[Run] = []
    for place, packet in enumerate(wanted.tolist()):
        key = _key_before(part, keys, packet)
        if not runs or key > runs[-1].end:
            runs.append(Run(key, packet, {}))
        run = runs[-1]
        run.moments.setdefault(int(part.pts_P[packet]), []).append(place)
        runs[-1] = replace(run, end=max(run.end, packet))
    return runs


def _key_before(part: Part, keys: NDArray[np.int64], packet: int) -> int:
    """The last packet to begin with: decoded before, and shown no later.

    What is shown before a key frame but decoded after it may need what lies before the key frame.
    """
    place = int(np.searchsorted(keys, packet, side="right")) - 1
    while place >= 0 and part.pts_P[keys[place]] > part.pts_P[packet]:
        place -= 1
    return int(keys[place]) if place >= 0 else 0
