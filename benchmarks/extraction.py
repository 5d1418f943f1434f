"""Cold extraction of many short clips, against its own floor and against what others do.

    python benchmarks/extraction.py [--clips 1000] [--cores 2]

Prints seconds and ratios of one run. Clips are made in a temporary folder. CPU seconds of decoding
and of the network are measured on a part of the clips, one process, right before the run.
"""

import argparse
import csv
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
import yaml

from teachtext.config.experts import ExpertRequest, ExpertSettings
from teachtext.experts.loading import load_requested
from teachtext.tables.dataset import VideoSource
from teachtext.video.cache_keys import media_key
from teachtext.video.decoding import decode_frames
from teachtext.video.ffmpeg import ffmpeg_binary
from teachtext.video.isolation import Limits
from teachtext.video.manifest import VideoRecord, probe_video
from teachtext.video.media_folder import MediaFolder
from teachtext.video.sampling import sample_times
from teachtext.video.shards import decode_shard

ROOT = Path(__file__).parent.parent
SECONDS, WIDTH, HEIGHT, FPS = 10, 320, 240, 25
SOURCES = 20
PART = 100
EXPERT = ExpertSettings(network="efficientnet-lite0", fps=1)
REQUEST = ExpertRequest(name="appearance", settings=EXPERT, short_side=240)
LIMITS = Limits(120, 4 << 30)


def main() -> None:
    """Make the clips and run every comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=1000)
    parser.add_argument("--cores", type=int, default=os.cpu_count())
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="teachtext-benchmark-") as folder:
        clips = make_clips(Path(folder) / "videos", args.clips)
        records = [
            probe_video(VideoSource(str(number), path), 0)
            for number, path in enumerate(clips[:PART])
        ]
        decode = decoding(records, Path(folder))
        network = network_cpu(records, Path(folder))
        cold_run(Path(folder), clips, args.cores, decode, network)


def make_clips(folder: Path, count: int) -> list[Path]:
    """Moving, noisy pictures with a tone; some originals, each under many names."""
    folder.mkdir()
    originals = [folder / f"original-{number}.mp4" for number in range(min(SOURCES, count))]
    for number, path in enumerate(originals):
        picture = f"testsrc2=size={WIDTH}x{HEIGHT}:rate={FPS}:duration={SECONDS}"
        moving = f"{picture},hue=h={18 * number},noise=alls=4:allf=t:all_seed={number}"
        tone = f"sine=frequency={200 + 20 * number}:duration={SECONDS}"
        inputs = ["-f", "lavfi", "-i", moving, "-f", "lavfi", "-i", tone]
        coding = ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac", "-shortest"]
        run([ffmpeg_binary(), "-loglevel", "error", *inputs, *coding, str(path)])
    clips = []
    for number in range(count):
        clips.append(folder / f"{number}.mp4")
        shutil.copy(originals[number % len(originals)], clips[-1])
    return clips


def decoding(records: list[VideoRecord], folder: Path) -> float:
    """CPU seconds per clip of decoding; prints the ratios to what others do."""
    wanted = {record.video_id: [REQUEST] for record in records}
    work = MediaFolder(folder / "decoded")
    work.path.mkdir()

    def ours() -> None:
        decode_shard(records, wanted, work, workers=1, limits=LIMITS)

    def three_experts_read() -> None:
        for record in records:
            item = work.item(media_key([REQUEST], record))
            for _ in range(3):
                frames = work.frames(item, np.arange(len(item.seconds)))
                for block in frames.blocks(16):
                    block.sum(dtype=np.uint64)

    def again_for_each_expert() -> None:
        for record in records:
            for _ in range(3):
                with tempfile.TemporaryFile() as file:
                    times = sample_times(record.duration_seconds, 1)
                    frames = decode_frames(record, times, short_side=240, file=file)
                    file.seek(0)
                    np.fromfile(file, np.uint8).sum(dtype=np.uint64)
                    if len(frames.seconds_T) != SECONDS:
                        raise RuntimeError(f"{len(frames.seconds_T)} frames")

    def one_process() -> None:
        for record in records:
            with tempfile.TemporaryFile() as file:
                times = sample_times(record.duration_seconds, 1)
                decode_frames(record, times, short_side=240, file=file)

    _, cpu = timed(one_process)
    seconds, _ = timed(ours)
    reading, _ = timed(three_experts_read)
    reencoding, _ = timed(lambda: [reencode_and_read(record, folder) for record in records])
    again, _ = timed(again_for_each_expert)
    frames = SECONDS * FPS
    print(f"decoding, {len(records)} clips, 1 process; floor: {frames} frames a clip")
    print(f"  ours                                  {len(records) / seconds:8.1f} clips/s")
    compare("re-encode to 1 fps with ffmpeg, OpenCV", len(records), reencoding, seconds, 3)
    compare("three experts: decode again for each", len(records), again, seconds + reading, 1.5)
    return cpu / len(records)


def reencode_and_read(record: VideoRecord, folder: Path) -> None:
    """What video_features does."""
    target = folder / "reencoded.mp4"
    rate = ["-filter:v", "fps=fps=1", "-threads", "1"]
    run([ffmpeg_binary(), "-loglevel", "error", "-y", "-i", record.path, *rate, str(target)])
    capture = cv2.VideoCapture(str(target))
    found = 0
    while True:
        success, picture = capture.read()
        if not success:
            break
        cv2.cvtColor(picture, cv2.COLOR_BGR2RGB).sum(dtype=np.uint64)
        found += 1
    if found < SECONDS - 1:
        raise RuntimeError(f"{found} frames")


def compare(name: str, clips: int, theirs: float, ours: float, bar: float) -> None:
    """Print one alternative."""
    print(f"  {name:37} {clips / theirs:8.1f} clips/s; ours {theirs / ours:.2f} x (bar {bar} x)")


def network_cpu(records: list[VideoRecord], folder: Path) -> float:
    """CPU seconds per clip of the appearance network."""
    expert = load_requested(REQUEST, threads=1)
    media = MediaFolder(folder / "decoded")
    items = [media.item(media_key([REQUEST], record)) for record in records]
    frames = [media.frames(item, np.arange(len(item.seconds))) for item in items]
    expert.extract_batch(frames[:1])
    _, cpu = timed(lambda: [expert.extract_batch([video]) for video in frames])
    return cpu / len(records)


def cold_run(folder: Path, clips: list[Path], cores: int, decode: float, network: float) -> None:
    """Snakemake from nothing to the index of the features, and what starting its jobs costs."""
    shards = max(cores, -(-len(clips) // 256))
    wall, _ = extract(folder / "run", clips, shards, cores)
    ledger = pq.read_table(folder / "run/results/experts/ledger.parquet")
    busy = pc.sum(ledger["seconds"]).as_py()
    total = decode * len(clips), network * len(clips)
    print(f"\ncold run, {len(clips)} clips of {SECONDS} s, {shards} shards, {cores} cores")
    print(f"  CPU s, one process alone: decode {total[0]:.1f}, network {total[1]:.1f}")
    print(f"  network while all cores are busy: {busy:.1f} s")
    print(f"  wall {wall:.1f} s")
    for name, seconds in (("alone", total[1]), ("busy", busy)):
        bar = 1.2 * max(total[0], seconds) / cores + 5
        print(f"    = {wall / bar:.2f} x (1.2 x max(decode, network {name}) / cores + 5 s)")
    print(f"    = {wall * cores / (total[0] + busy):.2f} x (decode + network busy) / cores")

    grow(folder / "run", clips, cores)
    few = 2 * shards
    _, used = extract(folder / "start", clips[:few], shards, cores)
    jobs = 1 + shards + 1 + 2 * shards + 1
    start = (used - few * network) / jobs
    print(f"  start-up: {start:.2f} CPU s for each of {jobs} jobs, from a run of {few} clips")
    many = 10_000
    starting = start * (3 + 3 * -(-many // 256))
    share = starting / (starting + many * (decode + network))
    print(f"  extrapolated to {many} clips: {100 * share:.1f} % of the CPU time (bar 5 %)")


def grow(folder: Path, clips: list[Path], cores: int) -> None:
    """Add a video to a finished run."""
    with (folder / "videos.csv").open("a", newline="") as stream:
        csv.writer(stream).writerow(["one more", str(clips[0])])
    wall, _ = snakemake(folder, [folder / "shipped.yaml", folder / "overlay.yaml"], cores)
    words = " of 1 videos are "
    logs = [*folder.glob("logs/decode_videos/*.log"), *folder.glob("logs/extract_expert/*/*.log")]
    touched = sum(words in log.read_text() for log in logs)
    print(f"  one more video: {wall:.1f} s wall, {touched} jobs that saw one new video")


def extract(folder: Path, clips: list[Path], shards: int, cores: int) -> tuple[float, float]:
    """Wall and CPU seconds of a cold run in a new folder.

    Decoders are children of a server that nobody waits for: their CPU time is not in it.
    """
    folder.mkdir()
    configs = write_dataset(folder, clips, shards)
    return snakemake(folder, configs, cores)


def snakemake(folder: Path, configs: list[Path], cores: int) -> tuple[float, float]:
    """Wall and CPU seconds of a run, cold or not."""
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HF_HUB_OFFLINE": "1",
    }
    command = ["snakemake", "--snakefile", str(ROOT / "Snakefile"), "--directory", str(folder)]
    command += ["--cores", str(cores), "--until", "index_experts", "--quiet", "all"]
    command += ["--configfile", *map(str, configs)]
    begin = time.perf_counter()
    with cpu_of_children() as used:
        subprocess.run(command, check=True, env=environment, capture_output=True)
    return time.perf_counter() - begin, used()


def write_dataset(folder: Path, clips: list[Path], shards: int) -> list[Path]:
    """A table of videos without captions and a configuration with one expert."""
    with (folder / "videos.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows([("video_id", "path"), *((c.stem, str(c)) for c in clips)])
    others = ("motion", "audio", "speech", "ocr")
    overlay = {
        "dataset": {"name": "bench", "videos": "videos.csv", "captions": None}
        | {"shards": {"none": shards}},
        "experts": {"appearance": {"fps": 1}, **dict.fromkeys(others)},
        "models": {"video_clusters": {}},
    }
    (folder / "overlay.yaml").write_text(yaml.safe_dump(overlay))
    shipped = yaml.safe_load((ROOT / "config.yaml").read_text())
    shipped["models"]["video_clusters"] = {}
    (folder / "shipped.yaml").write_text(yaml.safe_dump(shipped))
    return [folder / "shipped.yaml", folder / "overlay.yaml"]


def timed(function: Callable[[], object]) -> tuple[float, float]:
    """Wall and CPU seconds, of this process and of its children that ended."""
    with cpu_of_children() as used:
        begin, own = time.perf_counter(), time.process_time()
        function()
        wall, own = time.perf_counter() - begin, time.process_time() - own
    return wall, own + used()


@contextmanager
def cpu_of_children() -> Iterator[Callable[[], float]]:
    """Yield a function: CPU seconds of the child processes that ended since."""

    def total() -> float:
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    before = total()
    yield lambda: total() - before


def run(command: list[str]) -> None:
    """Run a program that must succeed."""
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
