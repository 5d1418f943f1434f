"""Images per second of an image network over decoded clips: ours, frame after frame, the network.

    python benchmarks/gpu_extraction.py [--device cuda] [--videos 128] [--size base]

Frames of noise lie on disk as `decode_videos` leaves them (240 x 320 uint8); weights are random,
for they cost the same. The alternative gives the same features: it reads a block, sends it from
pageable memory, computes, and fetches the vectors before it reads the next. The floor is the
network alone, on images that are on the device already. Runs take turns; medians. Without a GPU
it runs on the CPU, where there is little to overlap.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from transformers import ViTConfig, ViTImageProcessor, ViTModel

from teachtext.experts.transformers_image import TransformersImage
from teachtext.store.media import MediaFolder, MediaItem

HEIGHT, WIDTH, FRAMES, FPS = 240, 320, 10, 1.0
SIZES = {
    "tiny": {"hidden_size": 192, "num_attention_heads": 3, "intermediate_size": 768},
    "base": {"hidden_size": 768, "num_attention_heads": 12, "intermediate_size": 3072},
    "large": {
        "hidden_size": 1024,
        "num_attention_heads": 16,
        "intermediate_size": 4096,
        "num_hidden_layers": 24,
    },
}
TOKENS = 197


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--videos", type=int, default=128)
    parser.add_argument("--size", choices=SIZES, default="base")
    parser.add_argument("--precision", default="float16")
    parser.add_argument("--runs", type=int, default=5)
    args = parser.parse_args()
    precision = "float32" if args.device == "cpu" else args.precision
    with tempfile.TemporaryDirectory(prefix="teachtext-benchmark-") as folder:
        checkpoint = make_checkpoint(Path(folder) / "network", args.size)
        clips = make_clips(Path(folder) / "media", args.videos)
        options = {"checkpoint": str(checkpoint), "precision": precision, "device": args.device}
        expert = TransformersImage(fps=FPS, **options)
        compare(expert, clips, args.runs)


def make_checkpoint(folder, size):
    torch.manual_seed(0)
    ViTModel(ViTConfig(**SIZES[size])).save_pretrained(folder)
    ViTImageProcessor().save_pretrained(folder)
    return folder


def make_clips(folder, count):
    folder.mkdir()
    media, generator = MediaFolder(folder), np.random.default_rng(0)
    seconds = tuple(float(frame) for frame in range(FRAMES))
    clips = []
    for number in range(count):
        item = MediaItem(str(number), str(number), False, FRAMES / FPS, seconds, HEIGHT, WIDTH)
        pixels = generator.integers(0, 256, (FRAMES, HEIGHT, WIDTH, 3), np.uint8)
        pixels.tofile(media.pixels_path(item.key))
        media.keep(item)
        clips.append(media.frames(media.item(item.key), np.arange(FRAMES)))
    return clips


def compare(expert, clips, runs):
    images = ready_images(expert, clips)
    ways = {
        "ours": lambda: ours(expert, clips),
        "block after block": lambda: block_after_block(expert, clips),
        "the network alone": lambda: network_alone(expert, images, len(clips) * FRAMES),
    }
    same = np.allclose(ours(expert, clips), block_after_block(expert, clips), atol=1e-2)
    print(f"{device_name(expert.embedder.device)}; features alike: {same}")
    taken = {name: [] for name in ways}
    for _ in range(runs):
        for name, way in ways.items():
            taken[name].append(timed(way, expert.embedder.device))
    count = len(clips) * FRAMES
    for name, seconds in taken.items():
        print(f"{name:20}{count / statistics.median(seconds):10.0f} images/s")
    middle = {name: statistics.median(seconds) for name, seconds in taken.items()}
    print(f"ours {middle['block after block'] / middle['ours']:.2f} x block after block")
    print(f"ours {middle['the network alone'] / middle['ours']:.2f} of the network alone")
    parameters = sum(weights.numel() for weights in expert.embedder._model.parameters())
    flops = 2 * parameters * TOKENS * count / middle["ours"]
    print(f"floor: {2 * parameters * TOKENS / 1e9:.1f} GFLOP an image", end="; ")
    print(f"ours {flops / 1e12:.2f} TFLOP/s")
    print(f"{HEIGHT * WIDTH * 3 * count / middle['ours'] / 1e6:.0f} MB of pixels a second")


def ours(expert, clips):
    size = expert.videos_per_batch
    batches = [clips[begin : begin + size] for begin in range(0, len(clips), size)]
    found = [features for batch in batches for features in expert.extract_batch(batch)]
    return np.concatenate([features.features_TD for features in found])


def block_after_block(expert, clips):
    embedder, rows = expert.embedder, []
    for clip in clips:
        for block in clip.blocks(embedder.batch):
            frames = torch.from_numpy(block).to(embedder.device)
            rows.append(embedder.embed(embedder.preprocess(frames)).cpu().numpy())
    return np.concatenate(rows)


def ready_images(expert, clips):
    """A full batch on the device."""
    pixels = np.concatenate([clip.pixels_THWC[:] for clip in clips[: expert.embedder.batch]])
    frames = torch.from_numpy(pixels[: expert.embedder.batch]).to(expert.embedder.device)
    return expert.embedder.preprocess(frames)


def network_alone(expert, images, count):
    for _ in range(-(-count // len(images))):
        expert.embedder.embed(images)


def timed(way, device):
    begin = time.perf_counter()
    way()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter() - begin


def device_name(device):
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"no GPU: the CPU, {torch.get_num_threads()} threads"


if __name__ == "__main__":
    main()
