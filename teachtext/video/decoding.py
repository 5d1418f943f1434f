"""Frames and sound of one video at the moments asked for.

decord reads plain files. PyAV reads the others (edit lists, uneven times, rotation) and whatever
decord refuses. Sound comes through ffmpeg. Nothing here guards against a decoder that hangs:
``teachtext.video.isolation`` does.
"""

import subprocess
from dataclasses import dataclass
from pathlib import Path

import av
import ffmpeg
import numpy as np
from numpy.typing import NDArray

from teachtext.errors import MediaError
from teachtext.video.ffmpeg import ffmpeg_binary
from teachtext.video.manifest import VideoRecord
from teachtext.video.media import SAMPLE_RATE

TOLERANCE_SECONDS = 1e-4


@dataclass(frozen=True)
class DecodedFrames:
    """Frames and who decoded them.

    Attributes:
        pixels_THWC: uint8 RGB, one for each moment that could be read.
        seconds_T: those moments, a prefix of what was asked for.
        decoder: ``decord`` or ``pyav``, with the reason for the latter.
    """

    pixels_THWC: NDArray[np.uint8]
    seconds_T: NDArray[np.float64]
    decoder: str


def scaled_size(width: int, height: int, short_side: int) -> tuple[int, int]:
    """(width, height) scaled down to the short side, even numbers; never scaled up."""
    factor = min(1.0, short_side / min(width, height))
    return max(2, round(width * factor / 2) * 2), max(2, round(height * factor / 2) * 2)


def decode_frames(
    record: VideoRecord, times_T: NDArray[np.float64], *, short_side: int
) -> DecodedFrames:
    """The picture shown at each moment.

    Args:
        record: the video; its manifest says which decoder suits it.
        times_T: sorted seconds from the start of the clip.
        short_side: pixels.

    Raises:
        MediaError: not one frame can be read.
    """
    reason = "not a plain file"
    if record.is_plain:
        try:
            return _decode_with_decord(record, times_T, short_side)
        except MediaError as error:
            reason = f"decord: {error}"
    return _decode_with_pyav(record, times_T, short_side, reason)


def _decode_with_decord(
    record: VideoRecord, times_T: NDArray[np.float64], short_side: int
) -> DecodedFrames:
    import decord  # here, so that only the child process that decodes pays for it

    width, height = scaled_size(record.width, record.height, short_side)
    try:
        reader = decord.VideoReader(
            record.path, ctx=decord.cpu(0), width=width, height=height, num_threads=1
        )
        starts = np.asarray(reader.get_frame_timestamp(range(len(reader))))[:, 0]
        moments = record.start_seconds + times_T + starts[0] + TOLERANCE_SECONDS
        indices = np.searchsorted(starts, moments, side="right") - 1
        pixels = reader.get_batch(list(np.maximum(indices, 0))).asnumpy()
    except decord.DECORDError as error:
        raise MediaError(str(error).strip().splitlines()[0]) from None
    return DecodedFrames(pixels, times_T, "decord")


def _decode_with_pyav(
    record: VideoRecord, times_T: NDArray[np.float64], short_side: int, reason: str
) -> DecodedFrames:
    width, height = scaled_size(record.width, record.height, short_side)
    pixels: list[NDArray[np.uint8]] = []
    shown: av.VideoFrame | None = None
    problem = "no pictures could be decoded"
    try:
        with av.open(f"file:{record.path}") as container:
            stream = container.streams.video[0]
            origin = None
            for frame in container.decode(stream):
                if frame.time is None:
                    continue
                origin = frame.time if origin is None else origin
                seconds = frame.time - origin - record.start_seconds
                while (
                    len(pixels) < len(times_T)
                    and shown is not None
                    and (times_T[len(pixels)] + TOLERANCE_SECONDS < seconds)
                ):
                    pixels.append(_pixels(shown, width, height, record.rotation))
                if len(pixels) == len(times_T):
                    break
                shown = frame
    except (av.FFmpegError, OSError) as error:
        problem = f"{problem}: {error.strerror or error}"
    else:
        # the last frame stays on the screen until the clip ends
        while shown is not None and len(pixels) < len(times_T):
            pixels.append(_pixels(shown, width, height, record.rotation))
    if not pixels:
        raise MediaError(problem)
    return DecodedFrames(np.stack(pixels), times_T[: len(pixels)], f"pyav ({reason})")


def _pixels(frame: "av.VideoFrame", width: int, height: int, rotation: int) -> NDArray[np.uint8]:
    rgb = frame.to_ndarray(format="rgb24", width=width, height=height)
    return np.ascontiguousarray(np.rot90(rgb, k=rotation // 90))


def decode_audio(record: VideoRecord) -> NDArray[np.float32]:
    """(S,) mono sound of the clip at ``SAMPLE_RATE``.

    Raises:
        MediaError: the sound track cannot be read.
    """
    # file: keeps ffmpeg from taking a path such as `http:…` or `-i` for something else
    source = ffmpeg.input(
        f"file:{Path(record.path).absolute()}",
        ss=record.start_seconds,
        t=record.duration_seconds,
    )
    command = (
        source.audio.output("pipe:", format="f32le", ac=1, ar=SAMPLE_RATE)
        .global_args("-nostdin", "-loglevel", "error", "-threads", "1")
        .compile(cmd=ffmpeg_binary())
    )
    finished = subprocess.run(command, capture_output=True, check=False)
    if finished.returncode:
        lines = finished.stderr.decode(errors="replace").strip().splitlines()
        raise MediaError(f"sound: {lines[-1] if lines else 'ffmpeg failed'}")
    return np.frombuffer(finished.stdout, dtype="<f4").astype(np.float32)
