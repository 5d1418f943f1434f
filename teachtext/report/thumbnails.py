"""Small pictures of videos, as data URIs. Opens video files with PyAV, in child processes."""

import base64
import io
import itertools
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import av
from PIL import Image

from teachtext.errors import MediaError
from teachtext.video.isolation import Limits, map_isolated

log = logging.getLogger(__name__)

THUMBNAIL_SIZE = 160
JPEG_QUALITY = 70
WORKERS = 2
LIMITS = Limits(timeout_seconds=60, memory_bytes=4 << 30)
# From a key frame to the middle of a clip it is a few hundred frames; damaged times never end.
MAX_DECODED_FRAMES = 3000
# A playlist with the name of a video must not open the network.
OPTIONS = {"protocol_whitelist": "file"}


@dataclass(frozen=True)
class Clip:
    """Where a video lies; no end means the end of the file, a reason means it is unreadable."""

    path: Path
    start_seconds: float | None = None
    end_seconds: float | None = None
    reason: str = ""


@dataclass(frozen=True)
class Thumbnail:
    """A picture as data URI, or none and the reason."""

    uri: str
    reason: str = ""


def make_thumbnails(clips: Mapping[str, Clip]) -> dict[str, Thumbnail]:
    """One thumbnail per video id. A clip that cannot be read has its reason instead."""
    thumbnails = {name: Thumbnail("", clip.reason) for name, clip in clips.items() if clip.reason}
    readable = [item for item in clips.items() if not item[1].reason]
    for (name, clip), drawn in map_isolated(_draw, readable, workers=WORKERS, limits=LIMITS):
        if isinstance(drawn, MediaError):
            log.warning("No thumbnail of %s: %s", clip.path, drawn)
            thumbnails[name] = Thumbnail("", str(drawn))
        else:
            thumbnails[name] = Thumbnail(drawn)
    return thumbnails


def draw_thumbnail(clip: Clip) -> str:
    """Middle frame of a clip as a JPEG data URI.

    Raises:
        MediaError: the clip cannot be read.
    """
    try:
        picture = _middle_frame(clip)
    except (av.FFmpegError, OSError) as error:
        raise MediaError(error.strerror or str(error)) from error
    picture.thumbnail((THUMBNAIL_SIZE, THUMBNAIL_SIZE))
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=JPEG_QUALITY, optimize=True)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _draw(item: tuple[str, Clip]) -> str:
    return draw_thumbnail(item[1])


def _middle_frame(clip: Clip) -> Image.Image:
    # An absolute path, so that a name like `concat:a|b` is a file and never a protocol.
    with av.open(str(clip.path.resolve()), container_options=OPTIONS) as container:
        if not container.streams.video:
            raise MediaError("it has no video stream")
        stream = container.streams.video[0]
        target_seconds = _middle_seconds(clip, container)
        frame = _frame_at(container, stream, target_seconds)
        return _upright(frame, stream)


def _middle_seconds(clip: Clip, container: av.container.InputContainer) -> float:
    """Middle of the clip on the clock of the container, which may start above zero."""
    length = (container.duration or 0) / av.time_base
    start = clip.start_seconds or 0.0
    end = length if clip.end_seconds is None else clip.end_seconds
    return (container.start_time or 0) / av.time_base + (start + max(end, start)) / 2


def _frame_at(
    container: av.container.InputContainer, stream: av.VideoStream, target_seconds: float
) -> av.VideoFrame:
    """First frame at or after a time, or the last one that decodes."""
    container.seek(int(target_seconds * av.time_base))
    last: av.VideoFrame | None = None
    try:
        for frame in itertools.islice(container.decode(stream), MAX_DECODED_FRAMES):
            last = frame
            if frame.time is None or frame.time >= target_seconds:
                break
    except av.FFmpegError:
        if last is None:
            raise
    if last is None:
        raise MediaError("no frame could be decoded")
    return last


def _upright(frame: av.VideoFrame, stream: av.VideoStream) -> Image.Image:
    """The frame as it is shown: with square pixels and its rotation tag applied."""
    aspect = float(stream.sample_aspect_ratio or 1) or 1.0
    scale = min(1.0, 2 * THUMBNAIL_SIZE / max(frame.width * aspect, frame.height))
    width = max(1, round(frame.width * aspect * scale))
    height = max(1, round(frame.height * scale))
    picture: Image.Image = frame.to_image(width=width, height=height)  # type: ignore[no-untyped-call]
    return picture.rotate(frame.rotation, expand=True) if frame.rotation else picture
