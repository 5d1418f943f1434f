"""One training step of CE+ at MSR-VTT's size: ours, the cost of the authors' design, the floor.

    python benchmarks/training_step.py [--threads 2] [--steps 9] [--small] [--data FOLDER]

Both sides run in processes of their own and take turns, step by step, so that a busy machine is
unfair to both alike; medians, of wall time, or with one thread of CPU time. The alternative is
``training_replica.py``. The floor is the matrix products at the best rate that this machine
reaches for them, and the optimiser's bytes at the rate of a copy; nothing that is exact in
float32 and reads each number once is faster.
"""

import argparse
import json
import multiprocessing
import os
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from retrieval_data import EXPERTS, Shape, architecture, make_data
from retrieval_data import training as training_settings
from training_floor import BATCH, copy_bandwidth, parameters, product_rates, step_flops
from training_replica import Dictionaries, LoopRAdam, Replica, ranking_loss, teacher_mean

from teachtext.models.inputs import epoch_batches, load_set
from teachtext.models.retrieval import build_model
from teachtext.runtime.memory import keep_freed_memory, use_huge_pages
from teachtext.store.similarities import open_similarities
from teachtext.store.tokens import read_tokens
from teachtext.training.recipe import make_loss, make_optimizer
from teachtext.training.resuming import TrainingRun
from teachtext.training.steps import batch_similarities

SOME = Shape(train=1024, val=8, test=8)
STEP_PARTS = ["batch", "teachers", "forward", "loss", "backward", "optimizer"]


def main() -> None:
    """Make data, run both sides, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=9)
    parser.add_argument("--small", action="store_true", help="narrow: to see that it runs")
    parser.add_argument("--data", type=Path, help="folder of retrieval_data.py; else some is made")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="teachtext-benchmark-") as folder:
        made = Path(folder) if args.data is None else args.data
        shape = Shape(**json.loads((made / "shape.json").read_text())) if args.data else SOME
        if args.small:
            shape = shape.scaled(0.125)
        make_data(made, shape)
        sides = {
            "ours": Side(our_steps, made, shape, args.threads),
            "replica": Side(their_steps, made, shape, args.threads),
        }
        taken = take_turns(sides, args.steps)
        for side in sides.values():
            side.close()
    print_parts(taken, args)
    print_floor(shape, taken, args.threads)


class Side:
    """A process that takes a step when it is told to."""

    def __init__(self, steps, *args):
        context = multiprocessing.get_context("spawn")
        self.pipe, other = context.Pipe()
        self.process = context.Process(target=serve, args=(steps, other, *args), daemon=True)
        self.process.start()
        self.parameters = self.pipe.recv()

    def step(self):
        """Milliseconds of each part."""
        self.pipe.send("step")
        return self.pipe.recv()

    def close(self):
        self.pipe.send("end")
        self.process.join()


def serve(steps, pipe, made, shape, threads):
    taking = steps(made, shape, threads)
    pipe.send(next(taking))
    while pipe.recv() == "step":
        pipe.send(next(taking))


def take_turns(sides, count):
    """Side -> part -> milliseconds of each step; the first two steps warm up."""
    for name, side in sides.items():
        print(f"{name}: {side.parameters:,} parameters")
    taken = {name: [] for name in sides}
    for number in range(count + 2):
        for name, side in sides.items():
            parts = side.step()
            if number >= 2:
                taken[name].append(parts)
    return {name: columns(steps) for name, steps in taken.items()}


def columns(steps):
    """Part -> its milliseconds in each step."""
    parts = {part: [step[part] for step in steps] for part in [*STEP_PARTS, "distillation"]}
    return parts | {"step": [sum(step[part] for part in STEP_PARTS) for step in steps]}


class Clock:
    """Milliseconds between calls; of one thread those that it worked, whoever else works."""

    def __init__(self, threads):
        self.now = time.process_time if threads == 1 else time.perf_counter
        self.parts, self.last = {}, self.now()

    def __call__(self, part):
        now = self.now()
        self.parts[part] = 1000 * (now - self.last)
        self.last = now


def our_steps(made, shape, threads):
    """As the training stages do it, with a clock between the parts."""
    use_huge_pages()
    keep_freed_memory()
    torch.set_num_threads(threads)
    settings, data = training_settings(epochs=1, threads=threads), make_data(made, shape)
    train, teachers = open_training_set(data)
    torch.manual_seed(0)
    sizes = {"token_dim": train.token_dim, "max_tokens": train.max_tokens}
    model = build_model(architecture(shape), **sizes, expert_dims=train.expert_dims)
    loss = make_loss(settings, teachers=[[place] for place in range(len(teachers))])
    run = TrainingRun(model, loss, make_optimizer([model, loss], settings), [])
    yield sum(weights.numel() for weights in model.parameters())
    for captions, videos in endless_batches(train):
        clock = Clock(threads)
        tokens, experts = train.caption_batch(captions), train.video_batch(videos)
        clock("batch")
        opinions = [teacher.gather(captions, videos) for teacher in teachers.values()]
        opinions_TBB = torch.from_numpy(np.stack(opinions))
        clock("teachers")
        sims = batch_similarities(run.model, tokens, experts)
        clock("forward")
        losses = run.loss(sims, opinions_TBB)
        clock("loss")
        run.optimizer.zero_grad()
        losses.total.backward()
        clock("backward")
        run.optimizer.step()
        clock("optimizer")
        apart = clock.parts["teachers"] + distillation_alone(run.loss, sims, opinions_TBB)
        yield clock.parts | {"distillation": apart}


def open_training_set(data):
    tokens = read_tokens(data.tokens)
    stores = {expert: [folder / "trainval-0.zarr"] for expert, folder in data.experts.items()}
    train = load_set(tokens, stores, "train", architecture=architecture(data.shape))
    ids = [caption.caption_id for caption in train.captions]
    opened = [open_similarities(path) for path in data.teachers]
    return train, {found.model: found.aligned(ids, train.video_ids) for found in opened}


def endless_batches(train):
    generator = np.random.default_rng(0)
    while True:
        for captions, videos in epoch_batches(train, batch_size=BATCH, generator=generator):
            if len(videos) == BATCH:
                yield captions, videos


def distillation_alone(loss, sims, teachers_TBB):
    """Milliseconds that teachers add to the loss, forward and backward."""
    spent = {True: [], False: []}
    for number in range(10):
        leaf, told = sims.detach().requires_grad_(), number % 2 == 0
        begin = time.perf_counter()
        loss(leaf, teachers_TBB if told else None).total.backward()
        spent[told].append(1000 * (time.perf_counter() - begin))
    return statistics.median(spent[True]) - statistics.median(spent[False])


def their_steps(_made, shape, threads):
    """One caption per video, drawn from dictionaries of arrays."""
    torch.set_num_threads(threads)
    generator = np.random.default_rng(0)
    torch.manual_seed(0)
    model = Replica(shape.token_dim, shape.text_clusters, shape.shared_dim)
    optimizer = LoopRAdam(model.parameters())
    dictionaries = Dictionaries(4 * BATCH, shape.token_dim, shape.shared_dim, generator)
    yield sum(weights.numel() for weights in model.parameters())
    while True:
        videos = generator.choice(4 * BATCH, BATCH, replace=False)
        clock = Clock(threads)
        batch = dictionaries.batch(videos)
        clock("batch")
        stored = dictionaries.teachers_of(videos)
        clock("teachers")
        sims = model(*batch)
        clock("forward")
        opinion = teacher_mean(stored)
        told = 1000 * (clock.now() - clock.last)
        total = ranking_loss(sims) + torch.nn.functional.smooth_l1_loss(sims, opinion)
        clock("loss")
        optimizer.zero_grad()
        total.backward()
        clock("backward")
        optimizer.step()
        clock("optimizer")
        yield clock.parts | {"distillation": clock.parts["teachers"] + told}


def print_parts(taken, args):
    """A row per part."""
    print(f"\n{args.threads} threads, medians of {args.steps} steps in turns, ms")
    print(f"{'':14}{'ours':>9}{'replica':>9}{'ratio':>8}{'lowest':>9}{'lowest':>9}")
    for part in [*STEP_PARTS, "step", "distillation"]:
        ours, theirs = taken["ours"][part], taken["replica"][part]
        middle = statistics.median(ours), statistics.median(theirs)
        print(f"{part:14}{middle[0]:9.2f}{middle[1]:9.2f}{middle[0] / middle[1]:8.2f}", end="")
        print(f"{min(ours):9.2f}{min(theirs):9.2f}")
    step = statistics.median(taken["ours"]["step"])
    ratio = step / statistics.median(taken["replica"]["step"])
    batch = statistics.median(taken["ours"]["batch"])
    share = statistics.median(taken["ours"]["distillation"]) / step
    of_theirs = batch / statistics.median(taken["replica"]["batch"])
    print(f"step {ratio:.2f} x the replica's (bar 0.60)")
    print(f"distillation {100 * share:.2f} % of a step (bar 1 %)")
    print(f"batch {of_theirs:.2f} x the replica's (bar 0.15), {100 * batch / step:.2f} % of a step")


def print_floor(shape, taken, threads):
    """Matrix products and the optimiser's bytes, at the rates of this machine."""
    use_huge_pages()
    torch.set_num_threads(threads)
    pooled, width = shape.token_dim * shape.text_clusters, shape.shared_dim * len(EXPERTS)
    flops = step_flops(shape)
    bytes_moved = 7 * 4 * parameters(shape)
    rates = product_rates(pooled, width)
    bandwidth = copy_bandwidth(4 * pooled * width)
    print(f"\nfloor: {flops / 1e9:.1f} GFLOP, {bytes_moved / 1e9:.2f} GB of the optimiser")
    for name, rate in rates.items():
        print(f"  {name:46}{rate / 1e9:8.0f} GFLOP/s")
    print(f"  {'a copy':46}{bandwidth / 1e9:8.0f} GB/s")
    floor = 1000 * (flops / max(rates.values()) + bytes_moved / bandwidth)
    step = statistics.median(taken["ours"]["step"])
    print(f"  {floor:.0f} ms; ours {step / floor:.2f} x")


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "2")
    main()
