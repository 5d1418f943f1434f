"""Sound of one video through ffmpeg: mono, 16 kHz, straight into a file."""

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, cast

import av
import ffmpeg

from teachtext.errors import MediaError
from teachtext.video.child import die_with_parent
from teachtext.video.ffmpeg import ffmpeg_binary
from teachtext.video.files import LOCAL_ONLY, local_url
from teachtext.video.manifest import VideoRecord
from teachtext.video.media import SAMPLE_RATE
from teachtext.video.scanning import LOST_SECONDS, LOST_SHARE, promised_end

BLOCK_BYTES = 1 << 20
SAMPLE_BYTES = 4


@dataclass(frozen=True)
class DecodedAudio:
    """What has been written.

    Attributes:
        samples: Number of samples.
        problem: What is missing; empty if nothing is.
    """

    samples: int
    problem: str


def decode_audio(record: VideoRecord, file: BinaryIO) -> DecodedAudio:
    """Append the clip's sound to a file: float32, little-endian, mono, at ``SAMPLE_RATE``.

    Gaps, and a track that begins after the pictures, are filled with silence, so that sound and
    pictures have one clock.

    Args:
        record: Video to decode.
        file: Empty file, open for writing.

    Raises:
        MediaError: Nothing of the sound track can be read.
    """
    with tempfile.TemporaryFile() as messages:
        failed, size = _run(_command(record), file, messages)
        reason = _last_line(messages) if failed else ""
    samples = size // SAMPLE_BYTES
    seconds, expected = samples / SAMPLE_RATE, _expected_seconds(record)
    if not samples and (failed or expected > LOST_SECONDS):
        raise MediaError(f"sound: {reason or 'nothing can be decoded'}")
    if not failed and expected - seconds > max(LOST_SECONDS, LOST_SHARE * expected):
        reason = f"ends at {seconds:.2f} of {expected:.2f} s"  # ffmpeg calls that a success
    return DecodedAudio(samples, f"sound: {reason}" if reason else "")


def _command(record: VideoRecord) -> list[str]:
    seek = {"ss": record.start_seconds} if record.start_seconds else {}
    source = ffmpeg.input(
        local_url(Path(record.path)), t=record.duration_seconds, **seek, **LOCAL_ONLY
    )
    fill = {"async": 1, "first_pts": 0}
    output = source["a:0"].filter("aresample", SAMPLE_RATE, **fill)
    command: list[str] = (
        output.output("pipe:", format="f32le", ac=1, ar=SAMPLE_RATE)
        .global_args("-nostdin", "-loglevel", "error", "-threads", "1")
        .compile(cmd=ffmpeg_binary())
    )
    return command


def _run(command: list[str], file: BinaryIO, messages: IO[bytes]) -> tuple[bool, int]:
    """Whether ffmpeg failed, and how many bytes it wrote."""
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=messages,
        preexec_fn=die_with_parent,  # it must not outlive us, even if it hangs
    ) as process:
        try:
            shutil.copyfileobj(cast("IO[bytes]", process.stdout), file, BLOCK_BYTES)
        except OSError:
            process.kill()
            raise
    return process.returncode != 0, file.tell()


def _last_line(messages: IO[bytes]) -> str:
    messages.seek(0)
    lines = messages.read().decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "ffmpeg failed"


def _expected_seconds(record: VideoRecord) -> float:
    """How much of the clip has sound, as the file's header says."""
    try:
        with av.open(local_url(Path(record.path)), container_options=LOCAL_ONLY) as container:
            origin = (container.start_time or 0) / av.time_base
            end = promised_end(container.streams.audio[0], origin)
    except (av.FFmpegError, OSError, IndexError):
        return record.duration_seconds
    return min(record.duration_seconds, end - record.start_seconds) if end else 0.0
