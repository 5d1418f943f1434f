"""Tiny clips whose pictures show their own number: as a grey level, or in binary as stripes."""

import subprocess
from fractions import Fraction

import av
import numpy as np

from teachtext.tables.dataset import VideoSource
from teachtext.video.decoding import decode_frames
from teachtext.video.ffmpeg import ffmpeg_binary
from teachtext.video.manifest import probe_video

_SIZE = (64, 48)
X264 = {"crf": "10", "preset": "veryfast"}


def write_clip(path, *, seconds=2, fps=10, sound=True, size=(64, 48)):
    """Frame k is grey level 10 k; the sound is a 440 Hz tone."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=fps, options={"crf": "1", "bf": "0"})
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        audio = container.add_stream("aac", rate=44_100, layout="mono") if sound else None
        for number in range(seconds * fps):
            picture = np.full((size[1], size[0], 3), min(250, 10 * number), np.uint8)
            container.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(video.encode())
        if audio is not None:
            tone = np.sin(2 * np.pi * 440 * np.arange(44_100 * seconds) / 44_100) / 2
            frame = av.AudioFrame.from_ndarray(tone[None].astype(np.float32), "fltp", "mono")
            frame.rate = 44_100
            container.mux(audio.encode(frame))
            container.mux(audio.encode())
    return path


def _picture(number, size=_SIZE):
    """(H, W, 3) eight stripes, black or white, the most significant bit on the left."""
    width, height = size
    bits = [(number >> bit) & 1 for bit in range(7, -1, -1)]
    row = np.repeat(np.array(bits, np.uint8) * 215 + 20, -(-width // 8))[:width]
    return np.broadcast_to(row[None, :, None], (height, width, 3)).copy()


def number_of(pixels_HWC):
    """What a decoded picture shows."""
    stripes = np.array_split(pixels_HWC.mean(axis=(0, 2)), 8)
    return int("".join(str(int(stripe.mean() > 128)) for stripe in stripes), 2)


def write_numbers(
    path,
    frames=20,
    *,
    fps=10,
    codec="libx264",
    options=X264,
    size=_SIZE,
    pix_fmt="yuv420p",
    ticks=None,
    sound=None,
    sound_rate=48_000,
):
    """Picture k shows k.

    Args:
        ticks: when each is shown, in 1/1000 s, if not evenly.
        sound: layout of a 440 Hz tone of the same length, such as ``mono``.
    """
    with av.open(str(path), "w") as container:
        video = container.add_stream(codec, rate=fps, options=dict(options))
        video.width, video.height, video.pix_fmt = *size, pix_fmt
        if ticks is not None:
            video.codec_context.time_base = Fraction(1, 1000)
        audio = sound and container.add_stream(_sound_codec(path), rate=sound_rate, layout=sound)
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(_picture(number, size), format="rgb24")
            if ticks is not None:
                frame.pts, frame.time_base = ticks[number], Fraction(1, 1000)
            container.mux(video.encode(frame))
        container.mux(video.encode())
        if sound:
            _write_tone(container, audio, frames / fps)
    return path


def _sound_codec(path):
    return {".webm": "libopus", ".avi": "mp2"}.get(path.suffix, "aac")


def _write_tone(container, audio, seconds):
    rate = audio.rate
    tone = np.sin(2 * np.pi * 440 * np.arange(int(rate * seconds)) / rate) / 2
    channels = audio.layout.nb_channels
    planar = np.ascontiguousarray(np.broadcast_to(tone.astype(np.float32), (channels, len(tone))))
    resampler = av.AudioResampler(audio.format.name, audio.layout.name, rate, audio.frame_size or 0)
    frame = av.AudioFrame.from_ndarray(planar, "fltp", audio.layout.name)
    frame.rate = rate
    for part in (*resampler.resample(frame), *resampler.resample(None)):
        container.mux(audio.encode(part))
    container.mux(audio.encode())


def run_ffmpeg(*arguments):
    command = [ffmpeg_binary(), "-nostdin", "-v", "error", "-y", *map(str, arguments)]
    subprocess.run(command, check=True, capture_output=True)


def record_of(path, **times):
    return probe_video(VideoSource("v", path, **times))


def decode(record, times, folder, **arguments):
    """The result and (T, H, W, 3) pixels."""
    with (folder / "frames.raw").open("w+b") as file:
        arguments.setdefault("short_side", 48)
        result = decode_frames(record, np.array(times, float), file=file, **arguments)
        file.seek(0)
        pixels = np.frombuffer(file.read(), np.uint8)
    return result, pixels.reshape(len(result.seconds_T), result.height, result.width, 3)


def numbers(pixels_THWC):
    return [number_of(pixels) for pixels in pixels_THWC]
