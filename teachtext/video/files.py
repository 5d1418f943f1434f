"""Opening files with PyAV safely: local files only, one thread. No decoding here."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

import av
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from teachtext.errors import MediaError

LOCAL_ONLY = {"protocol_whitelist": "file"}
"""So that a playlist with the name of a video does not open the network."""

Opened: TypeAlias = tuple[InputContainer, VideoStream]


@contextmanager
def open_video(path: Path) -> Iterator[Opened]:
    """A file and its video stream; cover art is none.

    Raises:
        MediaError: Not a regular file, not a video, or an error while it is read.
    """
    if not path.is_file():
        # a FIFO or a device would block or never end
        raise MediaError("not a regular file" if path.exists() else "no such file")
    try:
        with av.open(local_url(path), container_options=LOCAL_ONLY) as container:
            stream = _video_stream(container)
            stream.codec_context.thread_count = 1
            stream.thread_type = "NONE"
            yield container, stream
    except av.error.MemoryError:
        raise
    except av.FFmpegError as error:  # no other OSError: a full disk is not the video's fault
        raise MediaError(f"not a readable video ({error.strerror or error})") from None


def local_url(path: Path) -> str:
    """What libav takes for a file whatever its name is: `http:…`, `concat:a|b`, `-i`."""
    return f"file:{path.absolute()}"


def _video_stream(container: InputContainer) -> VideoStream:
    for stream in container.streams.video:
        if not stream.disposition & av.stream.Disposition.attached_pic:
            return stream
    if container.streams.video:
        raise MediaError("no video stream, only a cover picture")
    raise MediaError("no video stream")


def demux(container: InputContainer, stream: VideoStream) -> "Iterator[Packet[VideoStream]]":
    """Packets with content, up to the end or to what cannot be read any more.

    Raises:
        av.FFmpegError: Not even the first can be read.
    """
    found = False
    try:
        for packet in container.demux(stream):
            if packet.size:
                found = True
                yield packet
    except av.error.MemoryError:
        raise
    except av.FFmpegError:
        if not found:
            raise
