"""Token vectors of an archive made a store: ours, against loading the pickle; the floor.

    python benchmarks/token_import.py [--videos 1000] [--captions 20] [--dim 1600]

Vectors are as many and as wide as GPT-2-XL's of so many videos of MSR-VTT, which has 10,000. The
alternative is what a script does: ``pickle.load``, and all captions as float16 in one array that
``numpy.save`` writes. It trusts the file; ours reads a map of it, calls nothing, and checks every
value. Each runs in a process of its own; memory is what the kernel counts as the process's own
(RssAnon) and what it may take back at any time (pages of the mapped pickle). The floor is the
bytes of both files at the rate of a copy in memory.
"""

import argparse
import json
import pickle
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
from training_floor import copy_bandwidth

from teachtext.interop.features.matching import Matcher
from teachtext.interop.features.sources import Source
from teachtext.interop.features.tokens import import_tokens
from teachtext.tables.dataset import Caption, read_captions, write_captions

GB = 1e9
MEAN_TOKENS = 12
TURNS = 3


def main() -> None:
    """Make the pickle, let both sides take turns, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--videos", type=int, default=1000)
    parser.add_argument("--captions", type=int, default=20, help="of each video")
    parser.add_argument("--dim", type=int, default=1600)
    parser.add_argument("--side", choices=SIDES, help="run one side; main's own use")
    parser.add_argument("--folder", type=Path)
    args = parser.parse_args()
    if args.side:
        print(json.dumps(measured(SIDES[args.side], args.folder)))
        return
    with tempfile.TemporaryDirectory(prefix="teachtext-benchmark-", dir="/var/tmp") as folder:
        made = Path(folder)
        make_pickle(made, args)
        found = {side: [run(side, made) for _ in range(TURNS)] for side in SIDES}
        sizes = [(made / name).stat().st_size for name in ("t.pkl", "t.parquet")]
    given, written = (size / GB for size in sizes)
    print(f"{args.videos * args.captions} captions, {given:.2f} GB in, {written:.2f} out")
    print(f"{'':10}{'seconds':>10}{'own GB':>10}{'mapped GB':>11}")
    best = {side: min(runs, key=lambda run: run["seconds"]) for side, runs in found.items()}
    for side, run_ in best.items():
        print(f"{side:10}{run_['seconds']:10.2f}{run_['RssAnon']:10.2f}{run_['RssFile']:11.2f}")
    ours, theirs = best["ours"], best["pickle"]
    print(
        f"ratio of seconds {ours['seconds'] / theirs['seconds']:.2f}, of own memory "
        f"{ours['RssAnon'] / theirs['RssAnon']:.2f}; "
        f"floor {sum(sizes) / copy_bandwidth(max(sizes)):.2f} s"
    )


def make_pickle(folder, args):
    generator = np.random.default_rng(0)
    values = generator.standard_normal((64, args.dim)).astype(np.float32)
    captions, vectors = [], {}
    for video in range(args.videos):
        lengths = generator.integers(MEAN_TOKENS // 2, MEAN_TOKENS * 3 // 2, args.captions)
        vectors[f"video{video}"] = [values[:length] + 0 for length in lengths]
        captions += [
            Caption(f"video{video}#{number}", f"video{video}", "train", f"caption {number}")
            for number in range(args.captions)
        ]
    with (folder / "t.pkl").open("wb") as stream:
        pickle.dump(vectors, stream, protocol=4)
    write_captions(folder / "captions.csv", captions)


def run(side, folder):
    command = [sys.executable, __file__, "--side", side, "--folder", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def measured(work, folder):
    """Seconds of the work, and the most memory of each kind while it was done, in GB."""
    highest, done = {"RssAnon": 0.0, "RssFile": 0.0}, threading.Event()

    def watch():
        while not done.wait(0.02):
            for line in Path("/proc/self/status").read_text().splitlines():
                kind, _, rest = line.partition(":")
                if kind in highest:
                    highest[kind] = max(highest[kind], int(rest.split()[0]) * 1024 / GB)

    watcher = threading.Thread(target=watch)
    watcher.start()
    begin = time.perf_counter()
    work(folder)
    seconds = time.perf_counter() - begin
    done.set()
    watcher.join()
    return {"seconds": seconds, **highest}


def ours(folder):
    source = Source("t.pkl", [folder / "t.pkl"])
    matcher = Matcher(read_captions(folder / "captions.csv"), {}, {})
    import_tokens(source, folder / "t.parquet", matcher, name="gpt2-xl")


def load_pickle(folder):
    with (folder / "t.pkl").open("rb") as stream:
        vectors = pickle.load(stream)
    np.save(
        folder / "t.npy",
        np.concatenate([v.astype(np.float16) for own in vectors.values() for v in own]),
    )


SIDES = {"ours": ours, "pickle": load_pickle}

if __name__ == "__main__":
    main()
