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
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from gpu_extraction import device_name, synchronize
from retrieval_data import Shape, architecture, make_data
from retrieval_data import training as training_settings
from training_floor import BATCH, parameters, step_flops
from training_replica import Dictionaries, LoopRAdam, Replica, ranking_loss, teacher_mean
from training_step import SOME, open_training_set

from teachtext.config.training import TrainingSettings
from teachtext.models.retrieval import build_model
from teachtext.runtime.distributed import Processes
from teachtext.training.compiling import compiled_similarities
from teachtext.training.recipe import make_loss, make_optimizer, make_trainer
from teachtext.training.resuming import TrainingRun
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
        ways = (
            WAYS if device.type == "cuda" else {n: w for n, w in WAYS.items() if "compile" not in w}
        )
        rates = {
            f"ours, {name}": our_rate(data, args.steps, device, **options)
            for name, options in ways.items()
        }
        rates["replica, float32"] = replica_rate(shape, args.steps, device)
    for name, rate in rates.items():
        print(f"{name:28}{rate:8.2f} steps/s{rate / rates['replica, float32']:8.2f} x the replica")
    floor = floor_of(shape, device)
    print(floor.words(), end=": ")
    print(f"{1000 * floor.seconds:.1f} ms; ours {1 / rates['ours, float32'] / floor.seconds:.2f} x")


WAYS = {
    "float32": {"precision": "float32"},
    "bfloat16": {"precision": "bfloat16"},
    "bfloat16, compiled": {"precision": "bfloat16", "compile": True},
}
"""Keys of `training`."""


@dataclass(frozen=True)
class Trained:
    """What a training run is made of, before its first step."""

    trainer: Trainer
    run: TrainingRun
    settings: TrainingSettings


def opened(data, device, **options) -> Trained:
    """CE+ and its batches, as the stages open them.

    Args:
        data: of `make_data`.
        device: on which it is trained.
        options: keys of `training`.
    """
    settings = training_settings(epochs=1, threads=torch.get_num_threads())
    settings = settings.model_copy(update=options)
    train, teachers = open_training_set(data)
    torch.manual_seed(0)
    sizes = {"token_dim": train.token_dim, "max_tokens": train.max_tokens}
    model = build_model(architecture(data.shape), **sizes, expert_dims=train.expert_dims)
    model.to(device).train()
    loss = make_loss(settings, teachers=[[place] for place in range(len(teachers))]).to(device)
    run = TrainingRun(model, loss, make_optimizer([model, loss], settings), [])
    trainer = make_trainer(train, teachers, settings, seed=0, processes=Processes(0, 1, device))
    return Trained(trainer, run, settings)


def our_rate(data, steps, device, **options) -> float:
    """Steps per second."""
    trained = opened(data, device, **options)
    batches = endless(trained.trainer)
    similarities = batch_similarities
    if trained.settings.compile:
        batch, precision = next(batches), trained.settings.precision
        similarities = compiled_similarities(trained.run, batch, precision=precision)

    def step():
        training_step(
            trained.run, next(batches), similarities, precision=trained.settings.precision
        )

    return steps_per_second(step, steps, device)


def losses_of_steps(data, steps, device, **options) -> list[float]:
    """Loss of each step."""
    trained = opened(data, device, **options)
    batches = endless(trained.trainer)
    precision = trained.settings.precision
    taken = [
        training_step(trained.run, next(batches), batch_similarities, precision=precision).total
        for _ in range(steps)
    ]
    return torch.stack(taken).tolist()


def endless(trainer):
    epoch = 0
    while True:
        yield from (batch for batch in trainer.batches(epoch) if len(batch.seeds_SBB[0]) == BATCH)
        epoch += 1


def replica_rate(shape, steps, device) -> float:
    """Steps per second of the authors' design."""
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


@dataclass(frozen=True)
class Floor:
    """What a step cannot do without, and the rates of this device; float32."""

    flops: float
    flops_per_second: float
    bytes_moved: float
    bytes_per_second: float

    @property
    def seconds(self):
        return self.flops / self.flops_per_second + self.bytes_moved / self.bytes_per_second

    def words(self):
        products = f"{self.flops / 1e9:.1f} GFLOP at {self.flops_per_second / 1e12:.2f} TFLOP/s"
        moved = f"{self.bytes_moved / 1e9:.2f} GB of the optimiser"
        return f"floor: {products} (float32), {moved} at {self.bytes_per_second / 1e9:.0f} GB/s"


def floor_of(shape, device) -> Floor:
    """By the parts of a step of CE+, at the rates that this device reaches for each."""
    side = RATE_SIDE if device.type == "cuda" else RATE_SIDE // 4
    square = torch.randn(side, side, device=device)
    products = product_rate(square)
    copies = 2 * 4 * side**2 * steps_per_second(square.clone, 10, device)
    return Floor(step_flops(shape), products, 7 * 4 * parameters(shape), copies)


def product_rate(square) -> float:
    """FLOP per second of a product of square matrices."""
    return 2 * len(square) ** 3 * steps_per_second(lambda: square @ square, 10, square.device)


if __name__ == "__main__":
    main()
