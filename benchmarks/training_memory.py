"""Resident memory of train-student and of evaluate-model at MSR-VTT's size.

    python benchmarks/training_memory.py [--scale 1] [--threads 2] [--data FOLDER]

Runs the stages as Snakemake does, one epoch with three teachers, and reads what the kernel counts
for them. The alternative keeps everything in dictionaries: 74 GB for the test split alone. The
floor is what the arithmetic holds: weights, gradients and two moments to train, weights to
evaluate. Pages of mapped files count while they are mapped; they are the kernel's to take back.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from retrieval_data import Shape, architecture, make_data, shipped, training
from training_floor import parameters

GB = 1e9
BARS = {"train-student": 6.0, "evaluate-model": 2.5}
KINDS = ("VmRSS", "RssAnon", "RssFile", "VmHWM")


@dataclass
class Usage:
    """Of one run; bytes.

    Attributes:
        highest: per kind the most that was seen.
        last: per kind when it was last looked at.
        seconds: it took.
    """

    highest: dict
    last: dict
    seconds: float


def main() -> None:
    """Make data, train one epoch, evaluate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--data", type=Path, help="folder of retrieval_data.py; made if need be")
    args = parser.parse_args()
    shape = Shape().scaled(args.scale)
    with tempfile.TemporaryDirectory(prefix="teachtext-benchmark-", dir="/var/tmp") as folder:
        data = make_data(args.data or Path(folder) / "data", shape)
        weights = 4 * parameters(shape)
        print(
            f"{shape.train * shape.captions} captions x {shape.train} videos to train on,", end=""
        )
        print(f" {shape.test * shape.captions} x {shape.test} to evaluate; {weights / GB:.2f} GB")
        print(f"{'GB':16}" + "".join(f"{kind:>10}" for kind in KINDS) + "    floor  seconds  bar")
        commands = stages(data, Path(folder), args.threads)
        for (stage, command), copies in zip(commands.items(), (4, 1), strict=True):
            report(stage, watched([stage, *command]), copies * weights)


def stages(data, folder, threads):
    """Stage -> its arguments."""
    features = ["--features", *(f"{name}={path}" for name, path in data.experts.items())]
    inputs = ["--tokens", str(data.tokens), *features, "--shards", "trainval=1"]
    train = ["--model", "student", "--seed", "0", *inputs, "--max-failed-fraction", "0"]
    train += ["--teachers", *map(str, data.teachers)]
    train += ["--architecture", architecture(data.shape).model_dump_json()]
    train += ["--training", training(epochs=1, threads=threads).model_dump_json()]
    train += ["--work", str(folder / "work"), "--events", str(folder / "events")]
    evaluate = ["--model", str(folder / "model"), *inputs]
    evaluate += ["--settings", json.dumps(shipped()["evaluate"])]
    evaluate += ["--threads", str(threads), "--ranks", str(folder / "ranks.parquet")]
    return {
        "train-student": [*train, "--output", str(folder / "model")],
        "evaluate-model": [*evaluate, "--output", str(folder / "metrics.json")],
    }


def watched(command) -> Usage:
    """Run a stage and look at it five times a second."""
    begin, highest, last = time.perf_counter(), dict.fromkeys(KINDS, 0), {}
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "teachtext", *command], stdout=log, stderr=subprocess.STDOUT
        )
        while process.poll() is None:
            found = status(process.pid)
            highest = {kind: max(highest[kind], found.get(kind, 0)) for kind in KINDS}
            last = found or last
            time.sleep(0.2)
        if process.returncode:
            log.seek(0)
            raise SystemExit(log.read().decode())
    return Usage(highest, last, time.perf_counter() - begin)


def status(pid):
    """Kind -> bytes; nothing once the process has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return {}
    words = [line.split() for line in lines if line.startswith(KINDS)]
    return {word[0].rstrip(":"): 1024 * int(word[1]) for word in words}


def report(stage, usage, floor):
    """Two rows: the most, and the last."""
    for name, kinds in ((stage, usage.highest), ("  at the end", usage.last)):
        print(f"{name:16}" + "".join(f"{kinds.get(kind, 0) / GB:10.2f}" for kind in KINDS), end="")
        if kinds is usage.highest:
            print(f"{floor / GB:9.2f}{usage.seconds:9.0f}  < {BARS[stage]}", end="")
        print(flush=True)


if __name__ == "__main__":
    main()
