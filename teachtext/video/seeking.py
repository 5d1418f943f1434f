"""Pictures through PyAV: only what is needed is decoded, only what is wanted is converted.

Between the wanted pictures, packets up to the last usable key frame are read and thrown away.
That is faster than seeking in the file for each, and needs no index.
"""

from collections.abc import Iterator
from typing import TypeAlias

import av
import numpy as np
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from teachtext.video.damage import Damage
from teachtext.video.pictures import PictureWriter, Scaler
from teachtext.video.plan import TOLERANCE_SECONDS, PacketRun, StreamPart

Packets: TypeAlias = "Iterator[tuple[int, Packet[VideoStream]]]"

CODECS_THAT_SKIP = ("h264",)
"""Their packets say whether other pictures are made from this one; libav can leave it out."""


class PyAVReader:
    """Decodes a part of a stream; writes the pictures of some moments.

    Args:
        part: Packets to decode.
        decoder: Decoder of their stream.
        writer: Writer of the pictures.
        short_side: Short side of the pictures in pixels.
    """

    def __init__(
        self,
        part: StreamPart,
        decoder: VideoCodecContext,
        writer: PictureWriter,
        *,
        short_side: int,
    ) -> None:
        self._part = part
        self._decoder = decoder
        self._writer = writer
        self._scaler = Scaler(short_side)
        self._damage = Damage(writer)
        self._can_skip = decoder.name in CODECS_THAT_SKIP

    def read(
        self, runs: list[PacketRun], seconds_T: NDArray[np.float64], moments_T: NDArray[np.float64]
    ) -> None:
        """Write the pictures shown at some moments; spoiled ones are left out.

        Args:
            runs: Decoding plan for the moments.
            seconds_T: (T,) Sorted moments on the stream's own clock, in seconds.
            moments_T: (T,) Times recorded with the pictures, in seconds from the start of the clip.
        """
        packets = enumerate(self._part.packets())
        if self._part.has_times and all(self._read_run(run, packets, moments_T) for run in runs):
            return
        self._writer.restart()
        self._decoder.flush_buffers()
        self._read_straight(seconds_T, moments_T)

    def _read_run(self, run: PacketRun, packets: Packets, moments_T: NDArray[np.float64]) -> bool:
        """Whether the pictures that the packets promise came, or damage explains why not."""
        self._damage = Damage(self._writer)
        awaited = dict(run.moments)
        ranks = self._ranks(run)
        first = int(self._part.pts_P[run.begin])
        for frame, fed in self._decode(packets, run):
            if frame.pts is None or frame.pts < first:
                continue  # made from what lies before the key frame
            rank = ranks.get(frame.pts, fed)
            if not self._damage.spoils(frame, rank) and frame.pts in awaited:
                moments = moments_T[awaited.pop(frame.pts)].tolist()
                self._writer.write(self._scaler.scale(frame), moments, rank)
        return not awaited or self._damage.occurred

    def _read_straight(
        self, seconds_T: NDArray[np.float64], moments_T: NDArray[np.float64]
    ) -> None:
        """Decode everything, and go by the pictures that come."""
        shown: VideoFrame | None = None
        is_spoiled, rank, place = False, 0, 0
        for frame, pts, new_rank in self._timed_frames():
            begin = pts * self._part.time_base - TOLERANCE_SECONDS
            until = int(np.searchsorted(seconds_T, begin))
            if shown is not None:
                self._write(shown, moments_T[place:until], rank, is_spoiled)
                place = max(place, until)
            shown, rank, is_spoiled = frame, new_rank, self._damage.spoils(frame, new_rank)
        if shown is not None:
            held = int(np.searchsorted(seconds_T, self._part.end_seconds))
            self._write(shown, moments_T[place:held], rank, is_spoiled)

    def _timed_frames(self) -> Iterator[tuple[VideoFrame, int, int]]:
        """All frames that follow each other in time, each with its pts and place in decoding."""
        self._damage = Damage(self._writer)
        run = PacketRun(0, len(self._part.pts_P) - 1, {})
        ranks, order = self._ranks(run), np.sort(self._part.pts_P[~self._part.is_hidden_P])
        latest, came = -np.inf, 0
        for frame, fed in self._decode(enumerate(self._part.packets()), run):
            pts = frame.pts
            if not self._part.has_times:
                pts = int(order[min(came + self._damage.lost, len(order) - 1)])
                came += 1
            if pts is not None and pts > latest:
                latest = pts
                yield frame, pts, ranks.get(pts, fed)

    def _write(
        self, shown: VideoFrame, moments: NDArray[np.float64], rank: int, is_spoiled: bool
    ) -> None:
        if len(moments) and not is_spoiled:
            self._writer.write(self._scaler.scale(shown), moments.tolist(), rank)

    def _ranks(self, run: PacketRun) -> dict[int, int]:
        """Place in the order of decoding, by pts."""
        pts = self._part.pts_P[run.begin : run.end + 1].tolist()
        return {value: run.begin + place for place, value in enumerate(pts)}

    def _decode(self, packets: Packets, run: PacketRun) -> Iterator[tuple[VideoFrame, int]]:
        """Frames of a run, each with the packet that brought it out."""
        for index, packet in packets:
            if index < run.begin:
                continue
            if self._can_skip:
                is_wanted = not run.moments or packet.pts in run.moments
                self._decoder.skip_frame = "DEFAULT" if is_wanted else "NONREF"
            yield from self._feed(packet, index)
            if index == run.end:
                break
        # what the decoder holds back to bring it in order; without that it would wait for more
        yield from self._feed(None, run.end)
        self._decoder.flush_buffers()

    def _feed(
        self, packet: "Packet[VideoStream] | None", index: int
    ) -> Iterator[tuple[VideoFrame, int]]:
        try:
            frames = self._decoder.decode(packet)
        except av.error.MemoryError:
            raise
        except av.FFmpegError:
            self._damage.note(index, lost=True)
            return
        for frame in frames:
            yield frame, index
