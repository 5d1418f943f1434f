"""Ranks of both directions at MSR-VTT's size: ours by counting, against sorting; the floor.

    python benchmarks/retrieval_metrics.py [--captions 59800] [--videos 2990] [--small]

The alternative sorts every row and every column to find the position of the true one, as the
authors' evaluation does; ties are left to chance in it, which makes it faster than theirs. Memory
is what a process of its own takes beyond the matrix, relative to the matrix. The floor is one pass
over the matrix at the rate of a sum. CPU time where both are single-threaded, which they are.
"""

import argparse
import multiprocessing
import statistics
import time
from pathlib import Path

import numpy as np

from teachtext.evaluation.metrics import text_to_video_ranks, video_to_text_ranks

BARS = {"time": 0.10, "memory": 1.2}
REPEATS = 3


def main() -> None:
    """Measure time in turns, then memory, each way in its own process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--captions", type=int, default=59_800)
    parser.add_argument("--videos", type=int, default=2_990)
    parser.add_argument("--small", action="store_true", help="a tenth of each")
    args = parser.parse_args()
    if args.small:
        args.captions, args.videos = args.captions // 10, args.videos // 10
    size = 4 * args.captions * args.videos
    print(f"{args.captions} x {args.videos} float32, {size / 1e6:.0f} MB")
    agree(args.captions // 10, args.videos // 10)
    floor, spent = in_turns(*matrix(args.captions, args.videos))
    print(f"{'':16}{'CPU s':>8}{'ratio':>8}{'x floor':>9}{'peak / matrix':>15}")
    for direction in WAYS:
        theirs = spent[direction, "sorting"]
        for name in ("ours", "sorting"):
            used = in_own_process(direction, name, args.captions, args.videos) / size
            seconds = spent[direction, name]
            print(f"{direction + ' ' + name:16}{seconds:8.2f}{seconds / theirs:8.3f}", end="")
            print(f"{seconds / floor:9.1f}{1 + used:15.2f}")
    ours, theirs = (sum(spent[d, name] for d in WAYS) for name in ("ours", "sorting"))
    print(f"both directions {ours / theirs:.3f} x (bar {BARS['time']}),", end=" ")
    print(f"memory bar {BARS['memory']}; floor {floor:.2f} s a pass")


def matrix(captions, videos):
    """Similarities, and each caption's own video; as many captions for every video."""
    own = np.arange(captions) * videos // captions
    sims = np.random.default_rng(0).standard_normal((captions, videos), np.float32)
    sims[np.arange(captions), own] += 2
    return sims, own


def sorted_captions(sims, own):
    """Position of each caption's video in its sorted row."""
    order = np.argsort(-sims, axis=1)
    return np.nonzero(order == own[:, None])[1].astype(float)


def sorted_videos(sims, own):
    """Best position of each video's captions in its sorted column."""
    best = np.empty(sims.shape[1])
    for video, column in enumerate(sims.T):
        position = np.empty(len(column), np.int64)
        position[np.argsort(-column)] = np.arange(len(column))
        best[video] = position[own == video].min()
    return best


WAYS = {
    "t2v": {"ours": text_to_video_ranks, "sorting": sorted_captions},
    "v2t": {"ours": video_to_text_ranks, "sorting": sorted_videos},
}


def agree(captions, videos):
    """Both ways find the same ranks where nothing is tied."""
    sims, own = matrix(captions, videos)
    flat = np.random.default_rng(1).permutation(sims.size).reshape(sims.shape).astype(np.float32)
    for ways in WAYS.values():
        np.testing.assert_array_equal(ways["ours"](flat, own), ways["sorting"](flat, own))


def in_turns(sims, own):
    """Median CPU seconds of a pass, and (direction, way) -> those of a way."""
    floor = statistics.median(cpu_seconds(lambda: sims.sum()) for _ in range(REPEATS))
    spent = {(direction, name): [] for direction, ways in WAYS.items() for name in ways}
    for _ in range(REPEATS):
        for direction, name in spent:
            way = WAYS[direction][name]
            spent[direction, name].append(cpu_seconds(lambda way=way: way(sims, own)))
    return floor, {key: statistics.median(seconds) for key, seconds in spent.items()}


def cpu_seconds(way):
    begin = time.process_time()
    way()
    return time.process_time() - begin


def in_own_process(direction, name, captions, videos):
    """Bytes that a way takes beyond the matrix it is given."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe()
    process = context.Process(target=report, args=(sender, direction, name, captions, videos))
    process.start()
    process.join()
    return receiver.recv()


def report(pipe, direction, name, captions, videos):
    sims, own = matrix(captions, videos)
    # the peak so far is forgotten (man 5 proc)
    Path("/proc/self/clear_refs").write_text("5")
    before = status("VmRSS")
    WAYS[direction][name](sims, own)
    pipe.send(status("VmHWM") - before)


def status(name):
    """Bytes that the kernel counts for this process."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * int(next(line for line in lines if line.startswith(name)).split()[1])


if __name__ == "__main__":
    main()
