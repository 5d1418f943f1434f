"""The manifest: one row for each video, with what its file is and which decoder reads it."""

from dataclasses import asdict, dataclass, fields

import pyarrow as pa

from teachtext.errors import MediaError
from teachtext.store.tables import require_columns
from teachtext.tables.dataset import VideoSource
from teachtext.video.scanning import FileFacts, scan_file

MP4 = "mov,mp4,m4a,3gp,3g2,mj2"
DECORD_CONTAINERS = (MP4, "matroska,webm")
DECORD_CODECS = ("h264", "hevc", "mpeg4", "vp8", "vp9")


@dataclass(frozen=True)
class VideoRecord:
    """One row of the manifest.

    Attributes:
        video_id: Id in the table of videos.
        path: Video file.
        shard: Number of the shard that the video belongs to.
        start_seconds: Start of the clip within the file, in seconds.
        end_seconds: End of the clip within the file, in seconds; None for the end of the file.
        duration_seconds: Length of the clip in seconds; for a truncated file, the length it should
            have.
        fps: Mean frame rate in frames per second.
        width: Width of the coded picture in pixels.
        height: Height of the coded picture in pixels.
        variable_frame_rate: Whether the frames are unevenly spaced.
        has_edit_list: Whether the file hides some of its frames from players.
        rotation: Counter-clockwise rotation that players apply, in degrees: 0, 90, 180 or 270.
        has_audio: Whether there is a sound track.
        content_sha256: SHA-256 of the file's bytes.
        decoder: ``decord`` or ``pyav``; empty where the video failed.
        decoder_reason: Reason for that decoder, such as ``plain`` or ``variable frame rate``.
        status: ``ok`` or ``failed``.
        reason: Reason why the video failed; empty if it did not.
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
    decoder: str
    decoder_reason: str
    status: str
    reason: str

    @property
    def is_plain(self) -> bool:
        """Whether decord reads it right (it ignores edit lists and uneven times, for example)."""
        return self.decoder == "decord"


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
        pa.field("decoder", pa.string()),
        pa.field("decoder_reason", pa.string()),
        pa.field("status", pa.string()),
        pa.field("reason", pa.string()),
    ]
)


def manifest_table(records: list[VideoRecord]) -> pa.Table:
    """The manifest as an Arrow table."""
    return pa.Table.from_pylist([asdict(record) for record in records], schema=_SCHEMA)


def manifest_records(table: pa.Table) -> list[VideoRecord]:
    """The manifest's rows.

    Raises:
        StoreError: it is of another version.
    """
    names = [field.name for field in fields(VideoRecord)]
    require_columns(table, names, "manifest in results/video")
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
        decoder="",
        decoder_reason="",
        status="failed",
        reason=reason,
    )


def probe_video(source: VideoSource, shard: int) -> VideoRecord:
    """Read one file's headers, packets and first picture.

    Raises:
        MediaError: no such file, no video, no pictures in it, or none in the clip.
    """
    facts = scan_file(source.path)
    begin, end = source.start_seconds or 0.0, source.end_seconds
    last = facts.end_seconds if end is None else min(end, facts.end_seconds)
    if last <= begin:
        raise MediaError(
            f"the clip begins at {begin:g} s, but the video ends at {facts.end_seconds:g} s"
        )
    reasons = _reasons_against_decord(facts)
    return VideoRecord(
        video_id=source.video_id,
        path=str(source.path),
        shard=shard,
        start_seconds=begin,
        end_seconds=end,
        duration_seconds=last - begin,
        fps=facts.fps,
        width=facts.width,
        height=facts.height,
        variable_frame_rate=not facts.is_even,
        has_edit_list=facts.hides_frames or (facts.is_late and facts.container == MP4),
        rotation=facts.orientation.rotation,
        has_audio=facts.has_audio,
        content_sha256=facts.content_sha256,
        decoder="pyav" if reasons else "decord",
        decoder_reason=", ".join(reasons) or "plain",
        status="ok",
        reason="",
    )


def _reasons_against_decord(facts: FileFacts) -> list[str]:
    """What it is known to read wrongly, to refuse or to hang on; found by trying."""
    orientation = facts.orientation
    reasons = {
        f"cut off at {facts.cut_off or 0:.2f} s": facts.cut_off is not None,
        "edit list": facts.hides_frames,
        f"begins at {facts.begin_seconds:.2f} s": facts.is_late,
        "variable frame rate": not facts.is_even,
        f"rotated {orientation.rotation} degrees": bool(orientation.rotation),
        "mirrored": orientation.is_mirrored,
        f"container {facts.container}": facts.container not in DECORD_CONTAINERS,
        f"codec {facts.codec}": facts.codec not in DECORD_CODECS,
    }
    return [reason for reason, applies in reasons.items() if applies]
