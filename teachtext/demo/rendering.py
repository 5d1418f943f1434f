"""Demo clips and their tables on disk: scene → mp4, corpus → folder."""

import csv
import logging
import subprocess
import tempfile
import wave
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import ffmpeg
import numpy as np

from teachtext.demo.grammar import compose_captions
from teachtext.demo.pictures import FPS, HEIGHT, WIDTH, draw_frames
from teachtext.demo.scenes import Scene
from teachtext.demo.sounds import DEMO_SAMPLE_RATE, Samples, make_sound, mix_track
from teachtext.demo.speech import place, speak
from teachtext.errors import ConfigError, MediaError
from teachtext.files.atomic import replacing
from teachtext.runtime.progress import Progress
from teachtext.store.json_files import read_json, write_json
from teachtext.video.ffmpeg import ffmpeg_binary, ffmpeg_version

log = logging.getLogger(__name__)

VIDEO_ENCODING = {
    "format": "mp4",
    "vcodec": "libx264",
    "preset": "veryfast",
    "crf": 23,
    "bf": 0,
    "g": FPS,
    "pix_fmt": "yuv420p",
    "threads": 1,
    "map_metadata": -1,
    "fflags": "+bitexact",
    "flags": "+bitexact",
}
"""One thread and no clock or version in the file: the same bytes from the same frames."""


def render_corpus(
    scenes: Sequence[Scene], folder: Path, *, captions_per_clip: int, workers: int
) -> None:
    """Render clips that are not there yet, then write the tables.

    Args:
        scenes: Scenes of the corpus.
        folder: Folder to write ``videos/``, ``scenes.json``, ``captions.csv`` and ``videos.csv``
            to.
        captions_per_clip: Number of captions per clip.
        workers: Number of clips rendered at the same time; the result does not depend on it.

    Raises:
        ConfigError: No worker or no caption is asked for.
    """
    if workers < 1:
        raise ConfigError(f"Rendering needs at least one worker, got {workers}.")
    captions = _caption_rows(scenes, captions_per_clip)
    _remove_outdated(scenes, folder)
    record = {"ffmpeg": ffmpeg_version(), "scenes": [asdict(scene) for scene in scenes]}
    write_json(folder / "scenes.json", record)
    missing = [scene for scene in scenes if not video_path(scene, folder).exists()]
    _render_all(missing, folder, workers)
    _write_table(folder / "captions.csv", ("video_id", "caption", "split", "caption_id"), captions)
    rows = ((scene.video_id, video_path(scene, Path()).as_posix()) for scene in scenes)
    _write_table(folder / "videos.csv", ("video_id", "path"), rows)


def video_path(scene: Scene, folder: Path) -> Path:
    """Where the clip of a scene is."""
    return folder / "videos" / f"{scene.video_id}.mp4"


def render_clip(scene: Scene, folder: Path) -> None:
    """Render one clip.

    Args:
        scene: Scene to render.
        folder: Folder of the corpus.

    Raises:
        MediaError: Ffmpeg cannot encode it.
    """
    with (
        replacing(video_path(scene, folder)) as path,
        tempfile.TemporaryDirectory() as scratch,
    ):
        streams = [
            ffmpeg.input("pipe:", format="rawvideo", pix_fmt="rgb24", s=f"{WIDTH}x{HEIGHT}", r=FPS)
        ]
        options: dict[str, Any] = VIDEO_ENCODING
        if scene.has_audio:
            _write_wav(make_track(scene), Path(scratch) / "track.wav")
            streams.append(ffmpeg.input(str(Path(scratch) / "track.wav")))
            options = VIDEO_ENCODING | {"acodec": "aac", "audio_bitrate": "64k"}
        output = ffmpeg.output(*streams, str(path), **options)
        quiet = output.global_args("-loglevel", "error", "-nostats")
        _encode(scene, quiet.compile(cmd=ffmpeg_binary()))


def make_track(scene: Scene) -> Samples:
    """Samples of a clip's audio track, as long as the clip."""
    rng = scene.generator(2)
    sound = make_sound(scene.sound, scene.seconds, rng) if scene.sound else None
    speech = place(speak(scene.speech), scene.seconds, rng) if scene.speech else None
    return mix_track(sound, speech, rng)


def _encode(scene: Scene, command: list[str]) -> None:
    pixels = b"".join(frame.tobytes() for frame in draw_frames(scene))
    done = subprocess.run(command, input=pixels, capture_output=True, check=False)
    if done.returncode != 0:
        reason = done.stderr.decode(errors="replace").strip()
        raise MediaError(
            f"ffmpeg could not encode {scene.video_id}: {reason} "
            f"The demo needs an ffmpeg with libx264 and aac; used was {command[0]}."
        )


def _render_all(scenes: Sequence[Scene], folder: Path, workers: int) -> None:
    if not scenes:
        return
    # Threads: Pillow, ffmpeg and espeak-ng work outside of Python's lock, and a killed run leaves
    # no worker processes behind that wait for ever.
    with ThreadPoolExecutor(workers) as pool:
        rendered = pool.map(partial(render_clip, folder=folder), scenes)
        for _ in Progress(log, "render", len(scenes), unit="clip").over(rendered):
            continue


def _remove_outdated(scenes: Sequence[Scene], folder: Path) -> None:
    """Remove clips that an earlier run rendered from other scenes, or with another ffmpeg."""
    record = folder / "scenes.json"
    if not record.exists():
        return
    wanted = {scene.video_id: asdict(scene) for scene in scenes}
    known = read_json(record, delete=folder)
    is_same_ffmpeg = known.get("ffmpeg") == ffmpeg_version()
    for earlier in known["scenes"]:
        if not is_same_ffmpeg or wanted.get(earlier["video_id"]) != earlier:
            (folder / "videos" / f"{earlier['video_id']}.mp4").unlink(missing_ok=True)


def _caption_rows(scenes: Iterable[Scene], count: int) -> list[tuple[str, ...]]:
    return [
        (scene.video_id, caption, scene.split, f"{scene.video_id}-{number}")
        for scene in scenes
        for number, caption in enumerate(compose_captions(scene, count, scene.generator(3)))
    ]


def _write_table(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with (
        replacing(path) as temporary,
        temporary.open("w", newline="", encoding="utf-8") as file,
    ):
        table = csv.writer(file, lineterminator="\n")
        table.writerow(header)
        table.writerows(rows)


def _write_wav(samples: Samples, path: Path) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(DEMO_SAMPLE_RATE)
        file.writeframes(np.round(samples * 32_000).astype("<i2").tobytes())
