"""Where the ffmpeg program is. No decoding here."""

import shutil


def ffmpeg_binary() -> str:
    """Path of ffmpeg: the one on PATH, else the one that imageio-ffmpeg's wheel ships."""
    on_path = shutil.which("ffmpeg")
    if on_path:
        return on_path
    import imageio_ffmpeg  # only asked when PATH has none; in a conda environment it has

    return str(imageio_ffmpeg.get_ffmpeg_exe())
