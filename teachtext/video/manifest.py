"""What every video file is: found by reading its packets once, without decoding a picture."""

import hashlib
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import av
import numpy as np
import pyarrow as pa

from teachtext.dataset import VideoSource
from teachtext.errors import MediaError


@dataclass(frozen=True)
class VideoRecord:
    """One row of the manifest.

    Attributes:
        video_id: from the table of videos.
        path: the file.
        shard: which part it is extracted with.
        start_seconds: where the clip begins in the file.
        end_seconds: where it ends; None: at the file's end.
        duration_seconds: length of the clip.
        fps: mean frame rate.
        width: of the coded picture, pixels.
        height: of the coded picture, pixels.
        variable_frame_rate: frames are not equally spaced.
        has_edit_list: the file hides some of its frames from players.
        rotation: degrees that players turn the picture counter-clockwise.
        has_audio: there is a sound track.
        content_sha256: of the file's bytes.
        status: ``ok`` or ``failed``.
        reason: why it failed.
    """

    video_id: str
    path: str
    shard: int
    start_seconds: float
    end_seconds: float | None
    duration_seconds: float
    fps: float
    width: int
    height: int
    variable_frame_rate: bool
    has_edit_list: bool
    rotation: int
    has_audio: bool
    content_sha256: str
    status: str
    reason: str

    @property
    def is_plain(self) -> bool:
        """Whether decord reads it right (it ignores edit lists, rotation and uneven times)."""
        return not (self.variable_frame_rate or self.has_edit_list or self.rotation)


_SCHEMA = pa.schema(
    [
        pa.field("video_id", pa.string()),
        pa.field("path", pa.string()),
        pa.field("shard", pa.int32()),
        pa.field("start_seconds", pa.float64()),
        pa.field("end_seconds", pa.float64()),
        pa.field("duration_seconds", pa.float64()),
        pa.field("fps", pa.float64()),
        pa.field("width", pa.int32()),
        pa.field("height", pa.int32()),
        pa.field("variable_frame_rate", pa.bool_()),
        pa.field("has_edit_list", pa.bool_()),
        pa.field("rotation", pa.int32()),
        pa.field("has_audio", pa.bool_()),
        pa.field("content_sha256", pa.string()),
        pa.field("status", pa.string()),
        pa.field("reason", pa.string()),
    ]
)


def manifest_table(records: list[VideoRecord]) -> pa.Table:
    """The manifest as an Arrow table."""
    return pa.Table.from_pylist([asdict(record) for record in records], schema=_SCHEMA)


def manifest_records(table: pa.Table) -> list[VideoRecord]:
    """The manifest's rows."""
    names = [field.name for field in fields(VideoRecord)]
    return [VideoRecord(**{name: row[name] for name in names}) for row in table.to_pylist()]


def failed_record(source: VideoSource, shard: int, reason: str) -> VideoRecord:
    """The row of a file that cannot be read."""
    return VideoRecord(
        video_id=source.video_id,
        path=str(source.path),
        shard=shard,
        start_seconds=source.start_seconds or 0.0,
        end_seconds=source.end_seconds,
        duration_seconds=0.0,
        fps=0.0,
        width=0,
        height=0,
        variable_frame_rate=False,
        has_edit_list=False,
        rotation=0,
        has_audio=False,
        content_sha256="",
        status="failed",
        reason=reason,
    )


def probe_video(source: VideoSource, shard: int) -> VideoRecord:
    """Read one file's headers and packets.

    Raises:
        MediaError: no such file, no video, or no pictures in it.
    """
    if not source.path.is_file():
        raise MediaError("no such file")
    try:
        with av.open(f"file:{source.path}") as container:
            return _record(source, shard, container)
    except (av.FFmpegError, OSError) as error:
        raise MediaError(f"not a readable video ({error.strerror or error})") from None


def _record(
    source: VideoSource, shard: int, container: "av.container.InputContainer"
) -> VideoRecord:
    if not container.streams.video:
        raise MediaError("no video stream")
    stream = container.streams.video[0]
    shown, hidden = [], 0
    for packet in container.demux(stream):
        if packet.pts is not None and packet.size:
            if packet.is_discard:
                hidden += 1
            else:
                shown.append(float(packet.pts * packet.time_base))
    if not shown:
        raise MediaError("no pictures in the video stream")
    times = np.sort(shown)
    gaps = np.diff(times)
    usual_gap = float(np.median(gaps)) if len(gaps) else 1.0
    begin, end = source.start_seconds or 0.0, source.end_seconds
    file_end = float(times[-1] + usual_gap - times[0])
    duration = min(file_end, end if end is not None else file_end) - begin
    if duration <= 0:
        raise MediaError(f"the clip begins at {begin:g} s, but the video ends at {file_end:g} s")
    return VideoRecord(
        video_id=source.video_id,
        path=str(source.path),
        shard=shard,
        start_seconds=begin,
        end_seconds=end,
        duration_seconds=duration,
        fps=1.0 / usual_gap,
        width=stream.codec_context.width,
        height=stream.codec_context.height,
        variable_frame_rate=bool(len(gaps) and np.abs(gaps - usual_gap).max() > 0.5 * usual_gap),
        has_edit_list=hidden > 0 or float(times[0]) > 0.5 * usual_gap,
        rotation=_rotation(source.path),
        has_audio=bool(container.streams.audio),
        content_sha256=_sha256(source.path),
        status="ok",
        reason="",
    )


def _rotation(path: Path) -> int:
    """Degrees from the display matrix, which travels with the first decoded frame."""
    with av.open(f"file:{path}") as container:
        for frame in container.decode(video=0):
            return int(frame.rotation)
    return 0


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
