"""The manifest: one row for each video, with what its file is and which decoder reads it."""

from dataclasses import asdict, dataclass
from typing import get_type_hints

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
    """One row of the manifest; a file that cannot be read has the defaults.

    Attributes:
        video_id: Id in the table of videos.
        path: Video file.
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
    start_seconds: float
    end_seconds: float | None
    duration_seconds: float = 0.0
    fps: float = 0.0
    width: int = 0
    height: int = 0
    variable_frame_rate: bool = False
    has_edit_list: bool = False
    rotation: int = 0
    has_audio: bool = False
    content_sha256: str = ""
    decoder: str = ""
    decoder_reason: str = ""
    status: str = "ok"
    reason: str = ""

    @property
    def is_plain(self) -> bool:
        """Whether decord reads it right (it ignores edit lists and uneven times, for example)."""
        return self.decoder == "decord"


_COLUMNS: dict[object, pa.DataType] = {
    str: pa.string(),
    int: pa.int32(),
    bool: pa.bool_(),
    float: pa.float64(),
    float | None: pa.float64(),
}
_SCHEMA = pa.schema([(name, _COLUMNS[kind]) for name, kind in get_type_hints(VideoRecord).items()])


def manifest_table(records: list[VideoRecord]) -> pa.Table:
    """The manifest as an Arrow table."""
    return pa.Table.from_pylist([asdict(record) for record in records], schema=_SCHEMA)


def manifest_records(table: pa.Table) -> list[VideoRecord]:
    """The manifest's rows.

    Raises:
        StoreError: It is of another version.
    """
    require_columns(table, _SCHEMA.names, "manifest in results/video")
    return [VideoRecord(**row) for row in table.select(_SCHEMA.names).to_pylist()]


def failed_record(source: VideoSource, reason: str) -> VideoRecord:
    """The row of a file that cannot be read."""
    return VideoRecord(
        video_id=source.video_id,
        path=str(source.path),
        start_seconds=source.start_seconds or 0.0,
        end_seconds=source.end_seconds,
        status="failed",
        reason=reason,
    )


def probe_video(source: VideoSource) -> VideoRecord:
    """Read one file's headers, packets and first picture.

    Raises:
        MediaError: No such file, no video, no pictures in it, or none in the clip.
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
