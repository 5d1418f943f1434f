"""What a video file is, from its headers, all its packets and its first picture."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from teachtext.errors import MediaError
from teachtext.files.hashing import file_sha256
from teachtext.video.files import demux, open_video
from teachtext.video.orientation import Orientation, orientation_of

EVEN_GAP_SHARE = 0.5
"""Frames this share of the usual gap off their place are unevenly spaced."""
LOST_SECONDS, LOST_SHARE = 0.5, 0.02
"""A track that ends earlier than its header says by more than both has been cut off."""
FIRST_PICTURE_PACKETS = 100
"""Packets that may pass before the first picture comes out."""


@dataclass(frozen=True)
class FileFacts:
    """What holds for a file, whichever part of it a clip is; seconds count from its start.

    Attributes:
        begin_seconds: Time of the first picture.
        end_seconds: End of the last picture; of a truncated file, the end that its header states.
        fps: Mean frame rate in frames per second, from the usual gap.
        width: Width of the coded picture in pixels.
        height: Height of the coded picture in pixels.
        orientation: How players turn and mirror the picture.
        is_even: Whether all gaps between frames are the same.
        hides_frames: Whether some frames serve only decoding and are never shown.
        cut_off: Time at which the file breaks off before its stated end, in seconds; None if it is
            complete.
        container: Container format, as libav names it.
        codec: Codec, as libav names it.
        has_audio: Whether there is a sound track.
        content_sha256: SHA-256 of the file's bytes.
    """

    begin_seconds: float
    end_seconds: float
    fps: float
    width: int
    height: int
    orientation: Orientation
    is_even: bool
    hides_frames: bool
    cut_off: float | None
    container: str
    codec: str
    has_audio: bool
    content_sha256: str

    @property
    def is_late(self) -> bool:
        """Whether another track begins before the pictures do, by more than a frame."""
        return self.begin_seconds > 1.0 / self.fps


def scan_file(path: Path) -> FileFacts:
    """Read a file. Clips of the file that was scanned last cost nothing.

    Raises:
        MediaError: No such file, no video, or no pictures in it.
    """
    try:
        state = path.stat()
    except (OSError, ValueError) as error:
        raise MediaError(_why_not(error)) from None
    return _scan_unchanged(path, (state.st_ino, state.st_size, state.st_mtime_ns))


def _why_not(error: OSError | ValueError) -> str:
    if isinstance(error, FileNotFoundError | NotADirectoryError | ValueError):
        return "no such file"
    return f"not a readable file ({error.strerror})"


@lru_cache(maxsize=8)
def _scan_unchanged(path: Path, state: tuple[int, int, int]) -> FileFacts:  # noqa: ARG001
    with open_video(path) as (container, stream):
        packets = _Packets(container, stream)
        origin = packets.origin_seconds
        times = np.sort(packets.shown) - origin
        gaps = np.diff(times)
        usual_gap = _usual_gap(gaps, stream)
        read_end = max(float(times[-1]) + usual_gap, packets.last_end - origin)
        end = max(read_end, promised_end(stream, origin))
        lost = end - read_end > max(LOST_SECONDS, LOST_SHARE * end)
        first = packets.first_picture
        return FileFacts(
            begin_seconds=float(times[0]),
            end_seconds=end if lost else read_end,
            fps=1.0 / usual_gap,
            width=first.width,
            height=first.height,
            orientation=orientation_of(first),
            is_even=bool(not len(gaps) or np.ptp(gaps) <= EVEN_GAP_SHARE * usual_gap),
            hides_frames=packets.hides_frames,
            cut_off=read_end if lost else None,
            container=container.format.name,
            codec=stream.codec_context.name,
            has_audio=bool(container.streams.audio),
            content_sha256=_content_sha256(path),
        )


class _Packets:
    """What one pass over the packets finds; the first picture is decoded on the way."""

    def __init__(self, container: InputContainer, stream: VideoStream) -> None:
        shown: list[float] = []
        self.last_end = -np.inf
        self.hides_frames = False
        self._decoder = stream.codec_context
        self._first: VideoFrame | None = None
        self._problem = "no picture in its first packets"
        for number, packet in enumerate(demux(container, stream)):
            if self._first is None and number < FIRST_PICTURE_PACKETS:
                self._try_decoding(packet)
            if packet.is_discard:
                self.hides_frames = True
            elif packet.pts is not None:
                shown.append(float(packet.pts * packet.time_base))
                length = float((packet.duration or 0) * packet.time_base)
                self.last_end = max(self.last_end, shown[-1] + length)
        if self._first is None:
            self._try_decoding(None)  # a decoder holds pictures back to bring them in order
        if not shown:
            raise MediaError("no pictures with a time in the video stream")
        self.shown: NDArray[np.float64] = np.array(shown)
        self.origin_seconds = origin_seconds(container, self.shown.min())

    @property
    def first_picture(self) -> VideoFrame:
        if self._first is None:
            raise MediaError(f"no picture can be decoded ({self._problem})")
        return self._first

    def _try_decoding(self, packet: "Packet[VideoStream] | None") -> None:
        try:
            self._first = next(iter(self._decoder.decode(packet)), None)
        except av.error.MemoryError:
            raise
        except av.FFmpegError as error:
            self._problem = error.strerror or str(error)


def origin_seconds(container: InputContainer, first_seconds: float) -> float:
    """Where a file's clock is zero: where its earliest track begins, as for ffmpeg."""
    if container.start_time is None:
        return float(first_seconds)
    return container.start_time / av.time_base


def _usual_gap(gaps: NDArray[np.float64], stream: VideoStream) -> float:
    positive = gaps[gaps > 0]
    if len(positive):
        return float(np.median(positive))
    return float(1 / stream.average_rate) if stream.average_rate else 1.0


def promised_end(stream: Stream, origin: float) -> float:
    """When a track ends, as its header says; 0 if it does not."""
    if stream.duration is not None and stream.time_base is not None:
        return float(((stream.start_time or 0) + stream.duration) * stream.time_base) - origin
    hours, _, rest = stream.metadata.get("DURATION", "").partition(":")  # Matroska
    minutes, _, seconds = rest.partition(":")
    try:
        return 3600 * int(hours) + 60 * int(minutes) + float(seconds) - origin
    except ValueError:
        return 0.0


def _content_sha256(path: Path) -> str:
    try:
        return file_sha256(path)
    except OSError as error:  # such as a bad sector
        raise MediaError(_why_not(error)) from None
