"""Evaluate CE+ at the size of MSR-VTT's test split on a GPU: 59,800 captions, 2,990 videos.

    python benchmarks/gpu_evaluation.py [--device cuda] [--small] [--data FOLDER]

Values are random, as in ``retrieval_data.py``. Beside the whole evaluation stands what its network
takes on its own: embedding the videos and captions, and their similarities, which stay on the
device. What is left is reading the tokens, fetching similarities and ranking them, on the CPU.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from gpu_extraction import device_name, synchronize
from retrieval_data import Data, Shape, architecture, make_data

from teachtext.evaluation.evaluate import CAPTION_BLOCK, SplitEvaluation, encode_gallery, evaluate
from teachtext.models.base import RetrievalModel
from teachtext.models.inputs import RetrievalSet, load_set, pad
from teachtext.models.retrieval import build_model
from teachtext.store.tokens import read_tokens

TEST = Shape(train=8, val=8, test=2990, teachers=0)
"""All captions and videos of the test split, and next to nothing else."""
SMALL = 0.02
TOP = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--small", action="store_true", help="narrow: to see that it runs")
    parser.add_argument("--data", type=Path, help="folder to make the data in; else it is deleted")
    args = parser.parse_args()
    device = torch.device(args.device)
    print(device_name(device))
    with tempfile.TemporaryDirectory(prefix="teachtext-benchmark-") as folder:
        shape = TEST.scaled(SMALL) if args.small else TEST
        data = make_data(args.data or Path(folder), shape)
        model, test = opened(data, device)
        seconds, _ = timed_evaluation(model, test)
        alone = network_alone(model, test)
        captions, videos = len(test.captions), len(test.video_ids)
        print(f"{captions:,} captions, {videos:,} videos: {seconds:.1f} s", end=", ")
        print(f"{captions / seconds:,.0f} captions/s; {seconds / alone:.1f} x the network alone")


def opened(data: Data, device: torch.device) -> tuple[RetrievalModel, RetrievalSet]:
    """An untrained model, the same on every device, and the test split."""
    stores = {expert: [folder / "trainval-0.zarr"] for expert, folder in data.experts.items()}
    settings = architecture(data.shape)
    test = load_set(read_tokens(data.tokens), stores, "test", architecture=settings)
    sizes = {"token_dim": test.token_dim, "max_tokens": test.max_tokens}
    torch.manual_seed(0)
    model = build_model(settings, **sizes, expert_dims=test.expert_dims)
    return model.to(device).eval(), test


def timed_evaluation(model: RetrievalModel, test: RetrievalSet) -> tuple[float, SplitEvaluation]:
    """Seconds that `evaluate` takes, and what it finds."""
    begin = time.perf_counter()
    evaluation = evaluate(model, test, top=TOP)
    return time.perf_counter() - begin, evaluation


@torch.inference_mode()
def network_alone(model: RetrievalModel, test: RetrievalSet) -> float:
    """Seconds of the same embeddings and similarities, from a block that is on the device."""
    tokens = pad(test.tokens, np.arange(min(CAPTION_BLOCK, len(test.captions)))).to(model.device)
    gallery = encode_gallery(model, test)
    model.similarity(model.encode_captions(tokens), gallery)
    synchronize(model.device)
    begin = time.perf_counter()
    for _ in range(0, len(test.captions), CAPTION_BLOCK):
        model.similarity(model.encode_captions(tokens), gallery)
    synchronize(model.device)
    return time.perf_counter() - begin


if __name__ == "__main__":
    main()
