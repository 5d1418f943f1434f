"""Tiny clips, written with PyAV."""

import av
import numpy as np


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
