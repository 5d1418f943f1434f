"""Which ffmpeg program decodes sound and encodes the demo. No decoding here."""

import os
import subprocess
from functools import cache
from pathlib import Path

from teachtext.errors import PackageError

CHOICE = "IMAGEIO_FFMPEG_EXE"
"""The environment variable by which imageio-ffmpeg is told of another."""


def ffmpeg_binary() -> str:
    """Path of the ffmpeg in imageio-ffmpeg's wheel, or of the one that ``CHOICE`` names.

    Versions differ in what they decode, so whatever else is installed, on PATH or in a conda
    environment, does not count.

    Raises:
        PackageError: The wheel has none for this platform.
    """
    if chosen := os.environ.get(CHOICE):
        return chosen
    import imageio_ffmpeg  # the Snakefile, too, asks what the choice is, and has none with conda

    try:
        found = Path(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError:
        found = Path()
    if not found.is_relative_to(Path(imageio_ffmpeg.__file__).parent):
        raise PackageError(
            "imageio-ffmpeg brings no ffmpeg here. Install its wheel from PyPI (pip install "
            f"--force-reinstall imageio-ffmpeg), or name an ffmpeg with {CHOICE}."
        )
    return str(found)


def ffmpeg_version() -> str:
    """What that program calls itself, such as ``7.0.2-static``, for provenance.

    Raises:
        PackageError: There is no such program.
    """
    return _version(ffmpeg_binary())


@cache
def _version(program: str) -> str:
    try:
        said = subprocess.run([program, "-version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise PackageError(
            f"{program} is no ffmpeg: {error}. Name another with {CHOICE}, or unset it."
        ) from None
    words = said.stdout.split(maxsplit=3)
    return words[2] if words[:2] == ["ffmpeg", "version"] else said.stdout.partition("\n")[0]
