"""Frames per second of a network over decoded clips: ours, frame after frame, the network.

    python benchmarks/gpu_extraction.py [--device cuda] [--videos 128] [--network vit-base]

Frames of noise lie on disk as `decode_videos` leaves them (240 x 320 uint8); weights are random,
for they cost the same. The alternative gives the same features: it reads a block, sends it from
pageable memory, computes, and fetches the vectors before it reads the next. The floor is the
network alone, on inputs that are on the device already; a second one is to prepare the frames
(resize, crop, normalise) and nothing else. Runs take turns; medians. Without a GPU it runs on the
CPU, where there is little to overlap.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from gpu_networks import NETWORKS, make_checkpoint
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from teachtext.experts.networks.transformers_image import TransformersImage
from teachtext.experts.networks.transformers_video import TransformersVideo
from teachtext.video.media_folder import MediaFolder, MediaItem

HEIGHT, WIDTH, FPS = 240, 320, 1.0
FRAMES = {"image": 10, "video": 32}
"""Of a clip, by what the network sees at a time."""


@dataclass(frozen=True)
class Side:
    """An expert and its clips, in parts that can be timed apart."""

    expert: TransformersImage | TransformersVideo
    clips: list
    device: torch.device
    frames_per_input: int
    batch: int
    prepare: Callable[[Tensor], Tensor]
    """Frames on the device -> inputs of the network."""
    embed: Callable[[Tensor], Tensor]

    @property
    def frames(self):
        return sum(len(clip) for clip in self.clips)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--videos", type=int, default=128)
    parser.add_argument("--network", choices=NETWORKS, default="vit-base")
    parser.add_argument("--precision", default="float16")
    parser.add_argument("--runs", type=int, default=5)
    args = parser.parse_args()
    precision = "float32" if args.device == "cpu" else args.precision
    with tempfile.TemporaryDirectory(prefix="teachtext-benchmark-") as folder:
        side = make_side(Path(folder), args.network, args.videos, precision, args.device)
        print(f"{device_name(side.device)}; features {apart(side):.1e} apart")
        rates, flops = compare(side, args.runs), flops_of_a_frame(side)
    for name, rate in rates.items():
        print(f"{name:20}{rate:10.0f} frames/s")
    print(f"ours {rates['ours'] / rates['block after block']:.2f} x block after block")
    print(f"ours {rates['ours'] / rates['the network alone']:.2f} of the network alone")
    print(f"{flops / 1e9:.1f} GFLOP a frame; ours {flops * rates['ours'] / 1e12:.2f} TFLOP/s")
    print(f"{HEIGHT * WIDTH * 3 * rates['ours'] / 1e6:.0f} MB of pixels a second")


def make_side(folder: Path, network: str, videos: int, precision: str, device: str) -> Side:
    """Write a checkpoint and clips, if they are not there yet, and load the expert."""
    kind, checkpoint, media = NETWORKS[network].kind, folder / network, folder / f"{network}-media"
    if not media.exists():
        make_checkpoint(checkpoint, network)
        write_clips(media, videos, FRAMES[kind])
    clips = open_clips(media, videos, FRAMES[kind])
    return SIDES[kind](checkpoint, clips, {"precision": precision, "device": device})


def image_side(checkpoint, clips, options):
    expert = TransformersImage(fps=FPS, checkpoint=str(checkpoint), **options)
    parts = {"prepare": expert.preprocess, "embed": expert.embed}
    return Side(expert, clips, expert.device, 1, expert.batch, **parts)


def video_side(checkpoint, clips, options):
    expert = TransformersVideo(fps=FPS, checkpoint=str(checkpoint), **options)
    size = expert.window_frames

    def prepare(frames):
        """Whole windows only."""
        return expert.preprocess(frames).unflatten(0, (-1, size))

    parts = {"prepare": prepare, "embed": expert.embed}
    return Side(expert, clips, expert.device, size, expert.batch, **parts)


SIDES = {"image": image_side, "video": video_side}


def write_clips(folder, count, frames):
    folder.mkdir()
    media, generator = MediaFolder(folder), np.random.default_rng(0)
    seconds = tuple(float(frame) for frame in range(frames))
    for number in range(count):
        item = MediaItem(str(number), str(number), False, frames / FPS, seconds, HEIGHT, WIDTH)
        pixels = generator.integers(0, 256, (frames, HEIGHT, WIDTH, 3), np.uint8)
        pixels.tofile(media.pixels_path(item.key))
        media.keep(item)


def open_clips(folder, count, frames):
    media = MediaFolder(folder)
    return [media.frames(media.item(str(number)), np.arange(frames)) for number in range(count)]


def apart(side: Side) -> float:
    """Largest difference of ours from the alternative, relative to the largest value."""
    found, expected = ours(side), block_after_block(side)
    return float(np.abs(found - expected).max() / np.abs(expected).max())


def compare(side: Side, runs: int) -> dict[str, float]:
    """Frames per second of each way."""
    inputs, frames = ready_inputs(side)
    ways = {
        "ours": lambda: ours(side),
        "block after block": lambda: block_after_block(side),
        "the network alone": lambda: again(side, side.embed, inputs),
        "preparing alone": lambda: again(side, side.prepare, frames),
    }
    taken = {name: [] for name in ways}
    for _ in range(runs):
        for name, way in ways.items():
            taken[name].append(timed(way, side.device))
    repeated = repeats(side) * side.batch * side.frames_per_input
    counts = dict.fromkeys(("ours", "block after block"), side.frames)
    return {
        name: counts.get(name, repeated) / statistics.median(seconds)
        for name, seconds in taken.items()
    }


def ours(side):
    size, clips = side.expert.videos_per_batch, side.clips
    batches = [clips[begin : begin + size] for begin in range(0, len(clips), size)]
    found = [features for batch in batches for features in side.expert.extract_batch(batch)]
    return np.concatenate([features.features_TD for features in found])


def block_after_block(side):
    rows, size = [], side.frames_per_input
    for clip in side.clips:
        for block in clip.blocks(side.batch if size == 1 else size):
            frames = torch.from_numpy(block).to(side.device)
            rows.append(side.embed(side.prepare(frames)).cpu().numpy())
    return np.concatenate(rows)


def ready_inputs(side):
    """A full batch on the device, and its frames."""
    wanted = side.batch * side.frames_per_input
    enough = -(-wanted // len(side.clips[0]))
    clips = (side.clips * enough)[:enough]
    pixels = np.concatenate([clip.pixels_THWC[:] for clip in clips])[:wanted]
    frames = torch.from_numpy(pixels).to(side.device)
    return side.prepare(frames), frames


def flops_of_a_frame(side: Side) -> float:
    """Of the network."""
    inputs, frames = ready_inputs(side)
    with FlopCounterMode(display=False) as counter:
        side.embed(inputs)
    return counter.get_total_flops() / len(frames)


def repeats(side):
    return -(-side.frames // (side.batch * side.frames_per_input))


def again(side, compute, values):
    for _ in range(repeats(side)):
        compute(values)


def timed(way, device):
    begin = time.perf_counter()
    way()
    synchronize(device)
    return time.perf_counter() - begin


def synchronize(device):
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def device_name(device):
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"no GPU: the CPU, {torch.get_num_threads()} threads"


if __name__ == "__main__":
    main()
