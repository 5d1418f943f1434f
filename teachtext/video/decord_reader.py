"""Pictures through decord: right and fast for plain files, not to be trusted with others."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from teachtext.errors import MediaError
from teachtext.video.pictures import PictureWriter
from teachtext.video.plan import PacketRun, StreamPart

_BLOCK = 32
"""Pictures asked for at once."""
SAME_SECONDS = 2e-3
"""decord's times are 32-bit floats of the same presentation times, up to here."""


def read_with_decord(
    path: Path,
    part: StreamPart,
    runs: list[PacketRun],
    moments_T: NDArray[np.float64],
    writer: PictureWriter,
    *,
    size: tuple[int, int],
) -> None:
    """Write the pictures of some moments.

    Args:
        path: File to read.
        part: Packets of the part of the file to decode.
        runs: Decoding plan: the runs of packets, with the moments at which each picture is shown.
        moments_T: (T,) Times recorded with the pictures, in seconds from the start of the clip.
        writer: Writer of the pictures.
        size: (width, height) Size of the pictures in pixels.

    Raises:
        MediaError: Decord refuses the file, finds it damaged or sees other times in it; or there is
            no decord, which has packages for Linux on x86-64 alone.
    """
    try:
        import decord  # here, so that only the child process that decodes pays for it
    except ImportError:
        raise MediaError("it is not installed") from None

    wanted = [(pts, places) for run in runs for pts, places in run.moments.items()]
    wanted.sort(key=lambda picture: picture[1][0])
    seconds = np.array([pts for pts, _ in wanted]) * part.time_base
    with _complaints() as complaints:
        try:
            reader = decord.VideoReader(
                str(path.absolute()),
                ctx=decord.cpu(0),
                width=size[0],
                height=size[1],
                num_threads=1,
            )
            indices = _indices(reader, seconds)
            for begin in range(0, len(wanted), _BLOCK):
                block = slice(begin, begin + _BLOCK)
                pixels = reader.get_batch(indices[block]).asnumpy()
                for picture, (_, places) in zip(pixels, wanted[block], strict=True):
                    writer.write(picture, moments_T[places].tolist())
        except (decord.DECORDError, RuntimeError, AssertionError, IndexError) as error:
            raise MediaError(_first_line(error)) from None
    if complaints:
        raise MediaError(f"damaged ({complaints[0]})")


def _indices(reader: Any, seconds: NDArray[np.float64]) -> list[int]:  # noqa: ANN401
    """Which of decord's pictures are shown at these times."""
    begins = np.asarray(reader.get_frame_timestamp(range(len(reader))))[:, 0]
    after = np.clip(np.searchsorted(begins, seconds - SAME_SECONDS), 0, len(begins) - 1)
    if np.abs(begins[after] - seconds).max() > SAME_SECONDS:
        raise MediaError("it sees other times than those of the packets")
    return [int(index) for index in after]


def _first_line(error: Exception) -> str:
    """What happened, without the file and line of decord's source."""
    line = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return line.rpartition("] ")[2].rpartition("Check failed: ")[2][:200]


@contextmanager
def _complaints() -> Iterator[list[str]]:
    """First line, if any, that the process writes to its standard error in the meantime.

    decord conceals damaged pictures; libav's messages are the only sign.
    """
    found: list[str] = []
    kept = os.dup(2)
    with tempfile.TemporaryFile() as file:
        os.dup2(file.fileno(), 2)
        try:
            yield found
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            file.seek(0)
            if line := file.readline(500).decode(errors="replace").strip():
                found.append(line)
