"""Small pictures of videos, as data URIs. Decoded in child processes, as for experts."""

import base64
import io
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from PIL import Image

from teachtext.errors import MediaError
from teachtext.video.decoding import decode_frames
from teachtext.video.isolation import Limits, map_isolated
from teachtext.video.manifest import VideoRecord

log = logging.getLogger(__name__)

THUMBNAIL_SIZE = 160
JPEG_QUALITY = 70
WORKERS = 2
LIMITS = Limits(timeout_seconds=60, memory_bytes=4 << 30)


@dataclass(frozen=True)
class Thumbnail:
    """A picture as data URI, or none and the reason."""

    uri: str
    reason: str = ""


def make_thumbnails(
    video_ids: Iterable[str], records: Mapping[str, VideoRecord]
) -> dict[str, Thumbnail]:
    """One thumbnail per video id. A video that cannot be read has its reason instead."""
    thumbnails = dict.fromkeys(video_ids, Thumbnail("", "not in the manifest"))
    known = [records[video] for video in sorted(thumbnails) if video in records]
    for record in known:
        thumbnails[record.video_id] = Thumbnail("", record.reason)
    readable = [record for record in known if record.status == "ok"]
    for record, drawn in map_isolated(draw_thumbnail, readable, workers=WORKERS, limits=LIMITS):
        if isinstance(drawn, MediaError):
            log.warning("No thumbnail of %s: %s", record.path, drawn)
            thumbnails[record.video_id] = Thumbnail("", str(drawn))
        else:
            thumbnails[record.video_id] = Thumbnail(drawn)
    return thumbnails


def draw_thumbnail(record: VideoRecord) -> str:
    """Middle frame of a clip as a JPEG data URI: upright, not mirrored, with square pixels.

    Raises:
        MediaError: The clip cannot be read.
    """
    try:
        picture = _picture_at(record, record.duration_seconds / 2)
    except MediaError:  # a file that breaks off before its middle has a beginning
        picture = _picture_at(record, 0.0)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=JPEG_QUALITY, optimize=True)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _picture_at(record: VideoRecord, seconds: float) -> Image.Image:
    file, times = io.BytesIO(), np.array([seconds])
    found = decode_frames(record, times, short_side=THUMBNAIL_SIZE, file=file, decoder="pyav")
    picture = Image.frombytes("RGB", (found.width, found.height), file.getvalue())
    width, height = found.width * found.pixel_aspect, found.height
    scale = min(1.0, THUMBNAIL_SIZE / max(width, height))
    return picture.resize((max(1, round(width * scale)), max(1, round(height * scale))))
