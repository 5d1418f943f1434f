"""Pictures through PyAV: only what is needed is decoded, only what is wanted is converted.

Between the wanted pictures, packets up to the last usable key frame are read and thrown away.
That is faster than seeking in the file for each, and needs no index.
"""

from collections.abc import Iterator

import av
import numpy as np
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from teachtext.video.damage import Damage
from teachtext.video.pictures import PictureWriter, Scaler
from teachtext.video.plan import TOLERANCE_SECONDS, Part, Run

CODECS_THAT_SKIP = ("h264",)
"""Their packets say whether other pictures are made from this one; libav can leave it out."""


class NotShownError(Exception):
    """An intact stream yields other pictures than its packets promise: decode it straight."""


class PyAVReader:
    """Decodes a part of a stream; writes the pictures of some moments.

    Args:
        part: the packets.
        decoder: of their stream.
        writer: takes the pictures.
        short_side: of them, pixels.
    """

    def __init__(
        self, part: Part, decoder: VideoCodecContext, writer: PictureWriter, *, short_side: int
    ) -> None:
        self._part = part
        self._decoder = decoder
        self._writer = writer
        self._scaler = Scaler(short_side)
        self._damage = Damage(writer)
        self._can_skip = decoder.name in CODECS_THAT_SKIP

    def read_runs(self, runs: list[Run], moments_T: NDArray[np.float64]) -> None:
        """Decode only the runs.

        Args:
            runs: the plan.
            moments_T: written beside each picture.

        Raises:
            NotShownError: a picture did not come, without an error.
        """
        packets = enumerate(self._part.packets())
        for run in runs:
            self._damage = Damage(self._writer)
            awaited = {
                pts: [float(moments_T[place]) for place in places]
                for pts, places in run.moments.items()
            }
            ranks = self._ranks(run.begin, run.end)
            first = int(self._part.pts_P[run.begin])
            for frame, rank in self._decode(packets, run):
                pts = frame.pts if frame.pts is not None else first - 1
                if pts < first:
                    continue  # made from what lies before the key frame
                rank = ranks.get(pts, rank)
                if not self._damage.spoils(frame, rank) and pts in awaited:
                    self._writer.write(self._scaler.scale(frame), awaited.pop(pts), rank)
            if awaited and not self._damage.occurred:
                raise NotShownError

    def read_straight(self, seconds_T: NDArray[np.float64], moments_T: NDArray[np.float64]) -> None:
        """Decode everything, and go by the times of the pictures that come.

        Args:
            seconds_T: the moments on the stream's own clock, sorted.
            moments_T: written beside each picture.
        """
        run = Run(0, len(self._part.pts_P) - 1, {})
        ranks = self._ranks(run.begin, run.end)
        shown: VideoFrame | None = None
        is_spoiled, shown_rank, place = False, 0, 0
        for frame, fed in self._decode(enumerate(self._part.packets()), run):
            if frame.pts is None or (shown is not None and frame.pts <= (shown.pts or 0)):
                continue
            begin = frame.pts * self._part.time_base - TOLERANCE_SECONDS
            until = int(np.searchsorted(seconds_T, begin))
            if shown is not None and until > place:
                self._write(shown, moments_T[place:until], shown_rank, is_spoiled)
                place = until
            shown_rank = ranks.get(frame.pts, fed)
            shown, is_spoiled = frame, self._damage.spoils(frame, shown_rank)
        if shown is not None:
            held = int(np.searchsorted(seconds_T, self._part.end_seconds))
            self._write(shown, moments_T[place:held], shown_rank, is_spoiled)

    def _write(
        self, shown: VideoFrame, moments: NDArray[np.float64], rank: int, is_spoiled: bool
    ) -> None:
        if len(moments) and not is_spoiled:
            self._writer.write(self._scaler.scale(shown), moments.tolist(), rank)

    def _ranks(self, begin: int, end: int) -> dict[int, int]:
        """Place in the order of decoding, by pts."""
        pts = self._part.pts_P[begin : end + 1].tolist()
        return {value: begin + place for place, value in enumerate(pts)}

    def _decode(
        self, packets: "Iterator[tuple[int, Packet[VideoStream]]]", run: Run
    ) -> Iterator[tuple[VideoFrame, int]]:
        """Frames of a run, each with the packet that brought it out."""
        for index, packet in packets:
            if index < run.begin:
                continue
            if self._can_skip and run.moments:
                is_wanted = packet.pts in run.moments
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
            self._damage.note(index)
            return
        for frame in frames:
            yield frame, index
