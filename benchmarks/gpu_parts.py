"""The parts of ``gpu_check.py``: each compares a GPU with the CPU, or measures, and yields rows.

Bounds, relative to the largest value unless a row says otherwise, and why they are what they are
(what was measured or emulated on a CPU):

- ``EXACT``: float32 with sums in another order; some 1e-6.
- ``TF32``: torch lets convolutions of float32 round their factors to 10 bits
  (``cudnn.allow_tf32``); the first layer of ViT is one (2e-4), and many of ConvNeXt (5e-4).
- ``STORED``: features are kept in float16, whose neighbours are 1e-3 apart: two of them.
- ``HALF``, ``BRAIN``: 11 and 8 bits of every weight and activation (1e-3, 1e-2).
- ``FIRST_LOSS``: nothing has been learned yet, so it is one forward pass.
- ``CURVE``: the loss of any step; differences grow from step to step (2e-7 after 60, from weights
  that differ by 1e-6). ``BRAIN_CURVE``: the same in bfloat16 (4e-4).
- ``SIMILARITY``: absolute, of cosines.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import gpu_evaluation
import gpu_extraction
import gpu_training
import numpy as np
import torch
from gpu_networks import NETWORKS, make_checkpoint
from gpu_rows import Row, at_most, held, measured
from retrieval_data import Shape, make_data

from teachtext.evaluation.evaluate import encode_gallery
from teachtext.evaluation.metrics import text_to_video_ranks
from teachtext.experts.networks.preprocessing import load_preprocessing
from teachtext.experts.networks.transformers_image import TransformersImage
from teachtext.experts.networks.transformers_video import TransformersVideo
from teachtext.video.media import Frames

ROOT = Path(__file__).parent.parent
EXACT, TF32, STORED, HALF, BRAIN = 1e-4, 2e-3, 2e-3, 1e-2, 5e-2
FIRST_LOSS, CURVE, BRAIN_CURVE = 1e-5, 1e-3, 5e-3
SIMILARITY = 1e-4
BOUNDS = {"float32": EXACT, "float16": HALF, "bfloat16": BRAIN}
PACKAGES = ("numpy", "transformers", "zarr", "pyarrow", "pydantic")
MIDDLING = Shape(
    train=512, val=8, test=8, token_dim=256, shared_dim=128, text_clusters=8, teachers=3
)
"""Small enough for some dozens of steps on a CPU."""
FRAMES = {"image": 8, "video": 32}
"""Compared, by what a network sees at a time: two windows of a video."""
EXPERTS = {"image": TransformersImage, "video": TransformersVideo}


@dataclass(frozen=True)
class Options:
    """What every part is given.

    Attributes:
        device: that is compared with the CPU.
        small: only to see that it runs.
        folder: for files, which ends with the part.
    """

    device: torch.device
    small: bool
    folder: Path


def check_machine(options: Options) -> Iterator[Row]:
    """What the numbers are of, and how fast it is with nothing of ours."""
    device = options.device
    yield measured("device", gpu_extraction.device_name(device))
    python = ".".join(map(str, sys.version_info[:3]))
    yield measured("versions", f"Python {python}, torch {torch.__version__}")
    yield measured("packages", ", ".join(f"{name} {version(name)}" for name in PACKAGES))
    yield measured("CPU threads", str(torch.get_num_threads()))
    if device.type == "cuda":
        memory = torch.cuda.get_device_properties(device).total_memory
        yield measured("memory", f"{memory / 2**30:.0f} GiB")
        convolutions, products = torch.backends.cudnn, torch.backends.cuda.matmul
        tf32 = f"convolutions {convolutions.allow_tf32}, products {products.allow_tf32}"
        yield measured("TF32 for float32", tf32)
    for dtype in (torch.float32, torch.bfloat16, torch.float64):
        side = 512 if options.small else 4096 if dtype is torch.float64 else 8192
        square = torch.randn(side, side, device=device, dtype=dtype)
        rate = gpu_training.product_rate(square)
        name = str(dtype).removeprefix("torch.")
        yield measured(f"product of matrices, {name}", f"{rate / 1e12:.2f} TFLOP/s")


def check_tests(options: Options) -> Iterator[Row]:
    """The tests that need a GPU, all but those that compile."""
    yield from run_tests(options, "not compiled")


def run_tests(options: Options, chosen: str, *, each: bool = False) -> Iterator[Row]:
    """A row for each test that failed, and how many passed; or one for each, as they pass."""
    words = ["-m", "gpu", "-k", chosen, "--device", options.device.type]
    # other machines have warnings of their own, and plugins are off, markers of theirs unknown
    words += ["-o", "addopts=", "-o", "filterwarnings=default", "-p", "no:cacheprovider"]
    lines = []
    for line in lines_of([sys.executable, "-m", "pytest", "-v", "tests/test_gpu.py", *words]):
        lines.append(line.strip())
        passed = re.match(r"tests/test_gpu.py::(\S+) PASSED", line)
        if passed and each:
            yield held(passed[1], "passed", "", good=True)
    for line in lines:
        failure = re.match(r"(?:FAILED|ERROR) tests/test_gpu.py(?:::(\S+))?(?: - )?(.*)", line)
        if failure:
            yield held(failure[1] or "pytest", failure[2], "", good=False)
    counts = re.findall(r"\d+ (?:passed|failed|skipped|errors?)\b", " ".join(lines[-2:]))
    good = len(counts) == 1 and "passed" in counts[0]
    yield held("tests", ", ".join(counts) or f"ended early: {lines[-1]}", "all pass", good=good)


def lines_of(command: list[str]) -> Iterator[str]:
    """What a command prints, printed again."""
    environment = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    pipe = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen(command, cwd=ROOT, env=environment, **pipe) as process:
        for line in process.stdout:
            print(line, end="", flush=True)
            yield line
    if process.returncode:
        yield f"code {process.returncode}"


def check_extraction(options: Options) -> Iterator[Row]:
    """Rows of networks of the usual sizes, GPU against CPU."""
    base = ("vit-base", "convnext-tiny", "videomae-base")
    narrow = ("vit-tiny", "convnext-narrow", "videomae-narrow")
    for name in narrow if options.small else base:
        checkpoint = make_checkpoint(options.folder / name, name, gain=2)
        frames = pictures(FRAMES[NETWORKS[name].kind])
        exact = rows_of(name, checkpoint, frames, "cpu")
        spread = np.abs(exact - exact.mean(axis=0)).max() / np.abs(exact).max()
        yield measured(f"{name}: rows apart from each other", f"{spread:.1e}")
        on_device = {"device": options.device.type}
        found = rows_of(name, checkpoint, frames, **on_device)
        yield at_most(f"{name}, float32 as torch has it", apart(found, exact), TF32)
        stored = (rows.astype(np.float16).astype(np.float32) for rows in (found, exact))
        yield at_most(f"{name}, float32 as stored", apart(*stored), TF32 + STORED)
        with without_tf32():
            found = rows_of(name, checkpoint, frames, **on_device)
        yield at_most(f"{name}, float32 without TF32", apart(found, exact), EXACT)
        for precision in ("float16", "bfloat16"):
            found = rows_of(name, checkpoint, frames, precision=precision, **on_device)
            yield at_most(f"{name}, {precision}", apart(found, exact), BOUNDS[precision])
    yield prepared_frames(checkpoint, frames, options)


def pictures(count: int) -> Frames:
    """Frames that differ as pictures do: patches of colour, with noise."""
    generator = np.random.default_rng(0)
    patches = generator.integers(0, 256, (count, 6, 8, 3)).repeat(40, axis=1).repeat(40, axis=2)
    pixels = (patches + generator.normal(0, 12, patches.shape)).clip(0, 255).astype(np.uint8)
    return Frames(pixels, np.arange(float(count)), float(count))


def rows_of(name, checkpoint, frames, device, precision="float32"):
    expert = EXPERTS[NETWORKS[name].kind](
        fps=1.0, checkpoint=str(checkpoint), device=device, precision=precision
    )
    # videos side by side, so that batches are filled across them
    return np.concatenate([found.features_TD for found in expert.extract_batch([frames, frames])])


def prepared_frames(checkpoint, frames, options) -> Row:
    """Resized, cropped and normalised: in float64, so that every device has the same bits."""
    prepare = load_preprocessing(str(checkpoint), "network")
    pixels = torch.from_numpy(frames.pixels_THWC)
    differing = int((prepare(pixels.to(options.device)).cpu() != prepare(pixels)).sum())
    return held("numbers of prepared frames that differ", str(differing), "0", good=not differing)


def apart(found: np.ndarray, exact: np.ndarray) -> float:
    """Largest difference, relative to the largest value."""
    return float(np.abs(found - exact).max() / np.abs(exact).max())


@contextmanager
def without_tf32() -> Iterator[None]:
    """Convolutions of float32 in float32."""
    before = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = False
    try:
        yield
    finally:
        torch.backends.cudnn.allow_tf32 = before


def check_training(options: Options) -> Iterator[Row]:
    """Losses of CE+ with three teachers, step by step, GPU against CPU."""
    shape = MIDDLING.scaled(0.25) if options.small else MIDDLING
    data, steps = make_data(options.folder, shape), 8 if options.small else 60
    on_cpu = gpu_training.losses_of_steps(data, steps, torch.device("cpu"))
    print("CPU", on_cpu)
    curves = {}
    for precision in ("float32", "bfloat16"):
        curves[precision] = gpu_training.losses_of_steps(
            data, steps, options.device, precision=precision
        )
        print(precision, curves[precision])
    yield measured(f"loss on the CPU, {steps} steps", f"{on_cpu[0]:.4f} to {on_cpu[-1]:.4f}")
    first = abs(curves["float32"][0] / on_cpu[0] - 1)
    yield at_most("first loss, float32", first, FIRST_LOSS)
    for precision, bound in (("float32", CURVE), ("bfloat16", BRAIN_CURVE)):
        off = np.abs(np.array(curves[precision]) / on_cpu - 1).max()
        yield at_most(f"loss of any step, {precision}", float(off), bound)
    again = gpu_training.losses_of_steps(data, steps, options.device)
    yield measured("twice the same bits, float32", "yes" if again == curves["float32"] else "no")


def check_evaluation(options: Options) -> Iterator[Row]:
    """The test split of MSR-VTT: how long, and the same similarities and ranks as on the CPU."""
    shape = gpu_evaluation.TEST
    shape = shape.scaled(gpu_evaluation.SMALL) if options.small else shape
    data = make_data(options.folder, shape)
    model, test = gpu_evaluation.opened(data, options.device)
    size = f"{len(test.captions):,} x {len(test.video_ids):,}"
    alone = gpu_evaluation.network_alone(model, test)
    yield measured(f"{size}, the network alone", f"{alone:.1f} s")
    seconds, evaluation = gpu_evaluation.timed_evaluation(model, test)
    rate = len(test.captions) / seconds
    yield measured(f"{size}, ours", f"{seconds:.1f} s, {rate:,.0f} captions/s")
    yield measured("ours, of the network alone", f"{seconds / alone:.1f} x")
    yield measured("t2v geometric mean", f"{evaluation.metrics['t2v']['geometric_mean']:.4f}")
    yield from memory_row(options)
    yield from same_ranks(model, test)


def same_ranks(model, test) -> Iterator[Row]:
    """Of some captions against all videos. Ranks may differ where two similarities nearly tie."""
    chosen = np.arange(0, len(test.captions), max(1, len(test.captions) // 1024))
    owners = test.video_of_caption[chosen]
    found, exact = (
        some_similarities(model.to(where), test, chosen) for where in (model.device, "cpu")
    )
    off = float(np.abs(found - exact).max())
    yield at_most("similarities apart", off, SIMILARITY)
    ranks, expected = (text_to_video_ranks(sims, owners) for sims in (found, exact))
    own = exact[np.arange(len(chosen)), owners][:, None]
    # all others that lie so near that a difference of both may turn them round, itself left out
    ties = (np.abs(exact - own) <= 2 * off).sum(axis=1) - 1
    unexplained = int((np.abs(ranks - expected) > ties).sum())
    differing = int((ranks != expected).sum())
    what = f"ranks of {len(chosen)} captions that differ"
    yield held(what, f"{differing}, {unexplained} without a tie", "0 without", good=not unexplained)


@torch.inference_mode()
def some_similarities(model, test, chosen):
    tokens = test.caption_batch(chosen).to(model.device)
    gallery = encode_gallery(model, test)
    return model.similarity(model.encode_captions(tokens), gallery).float().cpu().numpy()


def check_images(options: Options) -> Iterator[Row]:
    """Images per second of ViT-B/16."""
    yield from speed_of("vit-tiny" if options.small else "vit-base", options, videos=256)


def check_videos(options: Options) -> Iterator[Row]:
    """Frames per second of VideoMAE-base, 16 at a time."""
    yield from speed_of("videomae-narrow" if options.small else "videomae-base", options, videos=64)


def speed_of(network, options, *, videos) -> Iterator[Row]:
    precisions = ["float32"] if options.device.type == "cpu" else ["float16", "bfloat16"]
    videos, runs = (2, 1) if options.small else (videos, 5)
    for precision in precisions:
        device = options.device.type
        side = gpu_extraction.make_side(options.folder, network, videos, precision, device)
        begin = f"{network}, {precision}"
        # batches of other sizes are computed by other kernels
        off = gpu_extraction.apart(side)
        yield at_most(f"{begin}: rows as block after block", off, BOUNDS[precision])
        rates = gpu_extraction.compare(side, runs)
        for name in ("the network alone", "block after block", "preparing alone", "ours"):
            yield measured(f"{begin}: {name}", f"{rates[name]:,.0f} frames/s")
        share = rates["ours"] / rates["the network alone"]
        yield measured(f"{begin}: ours of the network alone", f"{share:.2f}")
        flops = gpu_extraction.flops_of_a_frame(side) * rates["ours"]
        yield measured(f"{begin}: arithmetic of ours", f"{flops / 1e12:.2f} TFLOP/s")
    yield from memory_row(options)


def check_steps(options: Options) -> Iterator[Row]:
    """Training steps per second of CE+ at MSR-VTT's size, against the authors' design."""
    shape = gpu_training.SOME.scaled(0.125) if options.small else gpu_training.SOME
    data, steps = make_data(options.folder, shape), 2 if options.small else 50
    rates = {}
    for precision in ("float32", "bfloat16"):
        rates[precision] = gpu_training.our_rate(data, steps, options.device, precision=precision)
        yield measured(f"ours, {precision}", f"{rates[precision]:.2f} steps/s")
    yield from memory_row(options)
    floor = gpu_training.floor_of(shape, options.device)
    yield measured("ours, float32, of the floor", f"{1 / rates['float32'] / floor.seconds:.2f} x")
    theirs = gpu_training.replica_rate(shape, 2 if options.small else 20, options.device)
    yield measured("the authors' design, float32", f"{theirs:.2f} steps/s")
    for precision, rate in rates.items():
        yield measured(f"ours, {precision}, of the authors'", f"{rate / theirs:.2f} x")


def check_compile(options: Options) -> Iterator[Row]:
    """torch.compile: the same gradients, or the trainer refuses it; and steps per second."""
    if options.device.type == "cuda":  # the settings refuse it elsewhere
        shape = gpu_training.SOME.scaled(0.125) if options.small else gpu_training.SOME
        data = make_data(options.folder, shape)
        for precision in ("bfloat16", "float32"):
            chosen = {"precision": precision, "compile": True}
            rate = gpu_training.our_rate(data, 50, options.device, **chosen)
            yield measured(f"ours, {precision}, compiled", f"{rate:.2f} steps/s")
    yield from run_tests(options, "compiled", each=True)


def memory_row(options) -> Iterator[Row]:
    if options.device.type == "cuda":
        peak = torch.cuda.max_memory_allocated(options.device)
        yield measured("most memory of the device so far", f"{peak / 2**30:.2f} GiB")
