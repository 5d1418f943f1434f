"""Training steps per second of CE+ at MSR-VTT's size on a GPU: ours, and the authors' design.

    python benchmarks/gpu_training.py [--device cuda] [--steps 50] [--small] [--data FOLDER]

Ours is the trainer as the stages run it, batches prepared beside the steps, in float32, in
bfloat16 and compiled; the alternative is ``training_replica.py``, with its batches sent to the
device. The floor is the matrix products, and the optimiser's bytes, at the rates that this device
reaches for them. Without a GPU it runs on the CPU.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from gpu_extraction import device_name
from retrieval_data import Shape, architecture, make_data
from retrieval_data import training as training_settings
from training_floor import BATCH, parameters, step_flops
from training_replica import Dictionaries, LoopRAdam, Replica, ranking_loss, teacher_mean
from training_step import SOME, open_training_set

from teachtext.distributed import Processes
from teachtext.models.retrieval import build_model
from teachtext.training.compiling import compiled_similarities
from teachtext.training.losses import RetrievalLoss
from teachtext.training.optimizers import make_optimizer
from teachtext.training.resuming import Run
from teachtext.training.steps import batch_similarities, training_step
from teachtext.training.trainer import Trainer

WARM_UP = 5
RATE_SIDE = 4096


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--small", action="store_true", help="narrow: to see that it runs")
    parser.add_argument("--data", type=Path, help="folder of retrieval_data.py; else some is made")
    args = parser.parse_args()
    device = torch.device(args.device)
    print(device_name(device))
    with tempfile.TemporaryDirectory(prefix="teachtext-benchmark-") as folder:
        made = Path(folder) if args.data is None else args.data
        shape = Shape(**json.loads((made / "shape.json").read_text())) if args.data else SOME
        if args.small:
            shape = shape.scaled(0.125)
        data = make_data(made, shape)
        rates = {
            "ours, float32": ours(data, args.steps, device, precision="float32"),
            "ours, bfloat16": ours(data, args.steps, device, precision="bfloat16"),
        }
        if device.type == "cuda":
            rates["ours, bfloat16, compiled"] = ours(
                data, args.steps, device, precision="bfloat16", compile=True
            )
        rates["replica, float32"] = replica(shape, args.steps, device)
    for name, rate in rates.items():
        print(f"{name:28}{rate:8.2f} steps/s{rate / rates['replica, float32']:8.2f} x the replica")
    print_floor(shape, device, rates["ours, float32"])


def ours(data, steps, device, **options):
    settings = training_settings(epochs=1, threads=torch.get_num_threads())
    settings = settings.model_copy(update=options)
    train, teachers = open_training_set(data)
    torch.manual_seed(0)
    sizes = {"token_dim": train.token_dim, "max_tokens": train.max_tokens}
    model = build_model(architecture(data.shape), **sizes, expert_dims=train.expert_dims)
    model.to(device).train()
    loss = RetrievalLoss(settings, teachers=[[place] for place in range(len(teachers))]).to(device)
    run = Run(model, loss, make_optimizer([model, loss], settings), [])
    trainer = Trainer(train, teachers, settings, 0, Processes(0, 1, device))
    batches = endless(trainer)
    similarities = batch_similarities
    if settings.compile:
        similarities = compiled_similarities(run, next(batches), settings)

    def step():
        training_step(run, next(batches), settings, similarities)

    return steps_per_second(step, steps, device)


def endless(trainer):
    epoch = 0
    while True:
        yield from (batch for batch in trainer.batches(epoch) if len(batch.seeds_SBB[0]) == BATCH)
        epoch += 1


def replica(shape, steps, device):
    generator = np.random.default_rng(0)
    torch.manual_seed(0)
    model = Replica(shape.token_dim, shape.text_clusters, shape.shared_dim).to(device)
    optimizer = LoopRAdam(model.parameters())
    dictionaries = Dictionaries(4 * BATCH, shape.token_dim, shape.shared_dim, generator)

    def step():
        videos = generator.choice(4 * BATCH, BATCH, replace=False)
        batch = sent(dictionaries.batch(videos), device)
        stored = sent(dictionaries.teachers_of(videos), device)
        with device:
            sims = model(*batch)
            total = ranking_loss(sims)
            total = total + torch.nn.functional.smooth_l1_loss(sims, teacher_mean(stored))
        optimizer.zero_grad()
        total.backward()
        optimizer.step()

    return steps_per_second(step, steps, device)


def sent(values, device):
    """Nested tensors, on the device."""
    if isinstance(values, torch.Tensor):
        return values.to(device)
    if isinstance(values, dict):
        return {name: sent(value, device) for name, value in values.items()}
    return [sent(value, device) for value in values]


def steps_per_second(step, steps, device):
    for _ in range(WARM_UP):
        step()
    synchronize(device)
    begin = time.perf_counter()
    for _ in range(steps):
        step()
    synchronize(device)
    return steps / (time.perf_counter() - begin)


def synchronize(device):
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def print_floor(shape, device, rate):
    side = RATE_SIDE if device.type == "cuda" else RATE_SIDE // 4
    square = torch.randn(side, side, device=device)
    products = 2 * side**3 * steps_per_second(lambda: square @ square, 10, device)
    copies = 2 * 4 * side**2 * steps_per_second(square.clone, 10, device)
    flops, moved = step_flops(shape), 7 * 4 * parameters(shape)
    floor = flops / products + moved / copies
    print(f"floor: {flops / 1e9:.1f} GFLOP at {products / 1e12:.2f} TFLOP/s (float32), ", end="")
    print(f"{moved / 1e9:.2f} GB of the optimiser at {copies / 1e9:.0f} GB/s: ", end="")
    print(f"{1000 * floor:.1f} ms; ours {1 / rate / floor:.2f} x")


if __name__ == "__main__":
    main()
