"""Pictures of one video at the moments asked for, by the decoder that suits it.

decord reads plain files. PyAV reads the others, whatever decord refuses, and those where decord
would decode much that nobody asked for. Nothing here guards against a decoder that hangs:
``teachtext.video.isolation`` does.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from av.container import InputContainer
from av.video.stream import VideoStream
from numpy.typing import NDArray

from teachtext.errors import MediaError
from teachtext.video.decord_reader import read_with_decord
from teachtext.video.files import open_video
from teachtext.video.manifest import VideoRecord
from teachtext.video.pictures import PictureWriter, scaled_size
from teachtext.video.plan import PacketRun, plan_runs, read_part
from teachtext.video.scanning import origin_seconds
from teachtext.video.seeking import PyAVReader

FAR_SECONDS = 60.0
"""decord reads a file's whole index; PyAV begins near a clip that lies further in."""
LONG_SECONDS = 300.0
"""In two hours decord takes four times as long as PyAV and more memory the longer they are."""
WORTH_SKIPPING = 0.9
"""PyAV is faster where key frames let it leave out a tenth (``benchmarks/decode_seek.py``)."""
MOSTLY_WANTED = 0.5
"""PyAV is faster where fewer of the decoded pictures are wanted: it leaves the others as they are,
and does not even decode those that no other is made from."""


@dataclass(frozen=True)
class DecodedFrames:
    """What has been written, and which decoder read it.

    Attributes:
        seconds_T: (T,) Times of the pictures in the file, in seconds: those requested, less the
            damaged ones.
        height: Height of the pictures in pixels.
        width: Width of the pictures in pixels.
        pixel_aspect: Width of a pixel by its height on a screen; 1 where they are square.
        decoder: ``decord``, or ``pyav`` with the reason in brackets.
        problem: Number of missing pictures and time of the first one; empty if none is missing.
    """

    seconds_T: NDArray[np.float64]
    height: int
    width: int
    pixel_aspect: float
    decoder: str
    problem: str


def decode_frames(
    record: VideoRecord,
    times_T: NDArray[np.float64],
    *,
    short_side: int,
    file: BinaryIO,
    decoder: str | None = None,
) -> DecodedFrames:
    """Append the picture shown at each moment to a file: RGB, uint8, (H, W, 3) each.

    Args:
        record: Video to decode.
        times_T: (T,) Sorted times in seconds from the start of the clip; if there are none, no file
            is opened.
        short_side: Short side of the pictures in pixels; smaller ones keep their size.
        file: Empty, seekable and writable file; pictures are written to it as they are decoded.
        decoder: ``pyav`` to avoid decord, which hung or crashed before; None for the one that suits
            the file.

    Raises:
        MediaError: Not one picture can be read.
    """
    is_turned = bool(record.rotation % 180)
    if not len(times_T):
        width, height = scaled_size(record.width, record.height, short_side)
        width, height = (height, width) if is_turned else (width, height)
        return DecodedFrames(times_T, height, width, 1.0, record.decoder, "")
    writer = PictureWriter(file)
    with open_video(Path(record.path)) as (container, stream):
        name = _decode(record, container, stream, times_T, short_side, writer, decoder)
        coded_aspect = float(stream.sample_aspect_ratio or 1)
    if not writer.seconds:
        raise MediaError("no picture can be decoded")
    return DecodedFrames(
        seconds_T=np.array(writer.seconds),
        height=writer.height,
        width=writer.width,
        pixel_aspect=1 / coded_aspect if is_turned else coded_aspect,
        decoder=name,
        problem=_problem(times_T, writer.seconds),
    )


def _problem(times_T: NDArray[np.float64], written: list[float]) -> str:
    lost = np.setdiff1d(times_T, written)
    if not len(lost):
        return ""
    return f"{len(written)} of {len(times_T)} frames, the first bad one at {lost[0]:.2f} s"


def _decode(
    record: VideoRecord,
    container: InputContainer,
    stream: VideoStream,
    times_T: NDArray[np.float64],
    short_side: int,
    writer: PictureWriter,
    forced: str | None,
) -> str:
    """Write the pictures; returns the decoder that read them."""
    path = Path(record.path)
    begin = (stream.start_time or 0) * (stream.time_base or 1)
    seconds_T = times_T + record.start_seconds + origin_seconds(container, float(begin))
    first, last = float(seconds_T[0]), float(seconds_T[-1])
    part = read_part(path, container, stream, first=first, last=last)
    runs = plan_runs(part, seconds_T)
    reason = _reason_for_pyav(record, runs, forced)
    if not reason:
        try:
            size = scaled_size(record.width, record.height, short_side)
            read_with_decord(path, part, runs, times_T, writer, size=size)
        except MediaError as error:
            writer.restart()
            reason = f"decord: {error}"
        else:
            return "decord"
    reader = PyAVReader(part, stream.codec_context, writer, short_side=short_side)
    reader.read(runs, seconds_T, times_T)
    return f"pyav ({reason})"


def _reason_for_pyav(record: VideoRecord, runs: list[PacketRun], forced: str | None) -> str:
    """Why not decord; empty if there is no reason."""
    if record.decoder != "decord":
        return record.decoder_reason
    if forced is not None:
        return "second try"
    if record.start_seconds > FAR_SECONDS:
        return "begins far into the file"
    if record.duration_seconds > LONG_SECONDS:
        return "longer than five minutes"
    needed = sum(run.end - run.begin + 1 for run in runs)
    if runs and needed <= WORTH_SKIPPING * (runs[-1].end - runs[0].begin + 1):
        return "seeks between key frames"
    if sum(len(run.moments) for run in runs) < MOSTLY_WANTED * needed:
        return "few of its frames are wanted"
    return ""
