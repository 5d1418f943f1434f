"""CPU time of four ways to get the pictures at some moments of a video.

    python benchmarks/decode_seek.py

It makes its own clips. `needed` is the floor: the share of pictures that must be decoded when each
run begins at the last key frame before a wanted picture and ends with it. `ours` is what
`decode_frames` does, with the decoder it chose; `pyav` is the same with decord forbidden.
Ratios are to the better of `all` and `each`; the bar is 1.10.
"""

import io
import statistics
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from teachtext.errors import MediaError
from teachtext.tables.dataset import VideoSource
from teachtext.video.decoding import decode_frames
from teachtext.video.decord_reader import read_with_decord
from teachtext.video.ffmpeg import ffmpeg_binary
from teachtext.video.files import open_video
from teachtext.video.manifest import VideoRecord, probe_video
from teachtext.video.pictures import PictureWriter, Scaler, scaled_size
from teachtext.video.plan import TOLERANCE_SECONDS, plan_runs, read_part

SECONDS, FPS, SHORT_SIDE = 15, 25, 224
X264 = ["-c:v", "libx264", "-preset", "medium", "-crf", "26"]
CODECS = {
    "h264": X264,
    "h264 no B": [*X264, "-bf", "0"],
    "vp9": [
        "-c:v",
        "libvpx-vp9",
        "-deadline",
        "realtime",
        "-cpu-used",
        "7",
        "-b:v",
        "0",
        "-crf",
        "36",
    ],
}
CLIPS = [
    ("h264", 240, 12), ("h264", 240, 250), ("h264", 720, 12), ("h264", 720, 250),
    ("h264 no B", 240, 12), ("h264 no B", 240, 250), ("h264 no B", 720, 250),
    ("vp9", 240, 250), ("vp9", 240, 12),
]  # fmt: skip
RATES = (1, 6, 25)


@dataclass(frozen=True)
class Case:
    record: VideoRecord
    times_T: np.ndarray


def make_clip(folder: Path, codec: str, height: int, gop: int) -> Path:
    suffix = ".webm" if codec == "vp9" else ".mp4"
    path = folder / f"{codec} {height}p {gop}{suffix}"
    width = height * 16 // 9 // 2 * 2
    source = f"testsrc2=size={width}x{height}:rate={FPS}:duration={SECONDS},noise=alls=12:allf=t"
    command = [ffmpeg_binary(), "-v", "error", "-f", "lavfi", "-i", source, "-pix_fmt", "yuv420p"]
    subprocess.run([*command, *CODECS[codec], "-g", str(gop), str(path)], check=True)
    return path


def decode_all(case: Case) -> None:
    """Decode from the first picture to the last wanted one; convert only what is wanted."""
    scaler, writer = Scaler(SHORT_SIDE), PictureWriter(io.BytesIO())
    shown, place = None, 0
    with open_video(Path(case.record.path)) as (container, stream):
        for frame in container.decode(stream):
            while place < len(case.times_T) and shown is not None:
                if frame.time <= case.times_T[place] + TOLERANCE_SECONDS:
                    break
                writer.write(scaler.scale(shown), [0.0])
                place += 1
            if place == len(case.times_T):
                return
            shown = frame
        for _ in case.times_T[place:]:
            writer.write(scaler.scale(shown), [0.0])


def seek_each(case: Case) -> None:
    """Seek to every moment, decode until its picture is sure."""
    scaler, writer = Scaler(SHORT_SIDE), PictureWriter(io.BytesIO())
    with open_video(Path(case.record.path)) as (container, stream):
        for moment in case.times_T + TOLERANCE_SECONDS:
            container.seek(int(moment / stream.time_base), stream=stream)
            shown = None
            for frame in container.decode(stream):
                if shown is not None and frame.time > moment:
                    break
                shown = frame
            writer.write(scaler.scale(shown), [0.0])


def ours(case: Case) -> str:
    file = io.BytesIO()
    return decode_frames(case.record, case.times_T, short_side=SHORT_SIDE, file=file).decoder


def pyav(case: Case) -> None:
    file = io.BytesIO()
    decode_frames(case.record, case.times_T, short_side=SHORT_SIDE, file=file, decoder="pyav")


def decord(case: Case) -> None:
    record, path = case.record, Path(case.record.path)
    size = scaled_size(record.width, record.height, SHORT_SIDE)
    with open_video(path) as (container, stream):
        part = read_part(path, container, stream, first=0, last=float(case.times_T[-1]))
    writer = PictureWriter(io.BytesIO())
    read_with_decord(path, part, plan_runs(part, case.times_T), case.times_T, writer, size=size)


def needed_share(case: Case) -> float:
    path = Path(case.record.path)
    with open_video(path) as (container, stream):
        part = read_part(path, container, stream, first=0, last=float(case.times_T[-1]))
    runs = plan_runs(part, case.times_T)
    return sum(run.end - run.begin + 1 for run in runs) / (SECONDS * FPS)


def cpu_ms(ways: dict, case: Case, repeats: int) -> dict[str, float]:
    """Medians; the ways take turns, so that a busy machine is unfair to all alike."""
    spent: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(repeats):
        for name, way in ways.items():
            begin = time.process_time()
            try:
                way(case)
            except MediaError:
                spent[name].append(float("nan"))
                continue
            spent[name].append(1000 * (time.process_time() - begin))
    return {name: statistics.median(values) for name, values in spent.items()}


def main() -> None:
    ways = {"all": decode_all, "each": seek_each, "ours": ours, "pyav": pyav, "decord": decord}
    print(f"{'clip':22}{'fps':>4}{'needed':>8}" + "".join(f"{name:>9}" for name in ways), end="")
    print("   ours/best pyav/best decord/best  chosen")
    with tempfile.TemporaryDirectory() as folder:
        for codec, height, gop in CLIPS:
            path = make_clip(Path(folder), codec, height, gop)
            record = probe_video(VideoSource("clip", path))
            for fps in RATES:
                case = Case(record, np.arange(SECONDS * fps) / fps)
                # 25 seeks a second are too many to wait for
                chosen = {k: v for k, v in ways.items() if k != "each" or fps * gop <= 250}
                print_row(f"{codec} {height}p {gop}", fps, case, ways, chosen)


def print_row(name: str, fps: int, case: Case, ways: dict, chosen: dict) -> None:
    decoder = ours(case)
    spent = cpu_ms(chosen, case, repeats=9 if case.record.height < 720 else 5)
    best = min(spent["all"], spent.get("each", np.inf))
    print(f"{name:22}{fps:4}{needed_share(case):8.0%}", end="")
    print("".join(f"{spent[k]:9.0f}" if k in spent else f"{'-':>9}" for k in ways), end="")
    ratios = [spent[k] / best for k in ("ours", "pyav", "decord")]
    print("{:12.2f}{:10.2f}{:12.2f}  ".format(*ratios) + decoder, flush=True)


if __name__ == "__main__":
    main()
