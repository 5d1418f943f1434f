"""Milliseconds of a search among a million videos: inverted files against comparing all.

    python benchmarks/search_index.py [--videos 1000000] [--width 256] [--threads 2]

Trained embeddings fill few of their dimensions: the demo's five experts have 8 to 35 (participation
ratio) of 256. So a video is a point of 24 dimensions, which each expert sees with noise and maps
into its own space; a query is seen with as much noise again, and weighted by random mixture
weights, which turn it away from where the videos were grouped. Experts are missing in patterns, so
that there are parts of all sizes. Both sides find the ten best with exact scores, query by query;
the alternative compares all videos in faiss's flat index. The floor is the memory that comparing
all reads, at the rate of a copy.
"""

import argparse
import resource
import statistics
import tempfile
import time
from pathlib import Path

import faiss
import numpy as np

from teachtext.search.building import SMALL_PART
from teachtext.search.inverted import InvertedIndex, build_inverted, choose_probes
from teachtext.search.parts import FlatIndex, Query, parts_of, search_parts

EXPERTS, LATENT, TOP = 5, 24, 10
NOISE = 0.15
"""In all dimensions of an embedding; with it about 31 count, by participation ratio."""
MISSING = [0.0, 0.1, 0.0, 0.3, 0.4]
"""Share of the videos that lack each expert: sound, and what is said or written, often."""
QUERIES, TUNING = 200, 100
BLOCK = 20_000
RECALL = 0.95


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--videos", type=int, default=1_000_000)
    parser.add_argument("--width", type=int, default=256, help="of an expert's embedding")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    faiss.omp_set_num_threads(args.threads)
    random = np.random.default_rng(0)
    with tempfile.TemporaryDirectory(prefix="teachtext-benchmark-") as folder:
        counted = random.random((args.videos, EXPERTS)) >= np.array(MISSING)
        order, parts = parts_of(counted)
        space = Space(args.width, random)
        videos, meanings = make_videos(Path(folder) / "videos.npy", counted[order], space)
        queries = [make_query(meanings, space) for _ in range(QUERIES + TUNING)]
        size = f"{len(videos):,} videos x {videos.shape[1]}"
        print(f"{size}, {len(parts)} parts, {args.threads} threads")
        ours = build(videos, parts, queries[QUERIES:])
        measure(videos, parts, ours, queries[:QUERIES])


class Space:
    """Where videos and words of one meaning meet, an expert at a time."""

    def __init__(self, width, random):
        self.random, self.width = random, width
        bases = random.standard_normal((EXPERTS, LATENT, width), np.float32)
        self.bases = bases / width**0.5

    def embed(self, meanings_BML):
        """Meanings, seen with noise, as unit vectors."""
        noise = self.random.standard_normal(meanings_BML.shape, np.float32)
        seen = meanings_BML + 0.5 * noise
        rest = self.random.standard_normal((*seen.shape[:2], self.width), np.float32)
        return normalized(np.einsum("bml,mlw->bmw", seen, self.bases, optimize=True) + NOISE * rest)


def normalized(vectors):
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def make_videos(path, counted, space):
    """Their embeddings in a mapped file, and what they mean."""
    shape = (len(counted), EXPERTS * space.width)
    videos = np.lib.format.open_memmap(path, "w+", np.float32, shape)
    meanings = space.random.standard_normal((len(counted), 1, LATENT), np.float32)
    for begin in range(0, len(counted), BLOCK):
        block = counted[begin : begin + BLOCK]
        seen = np.repeat(meanings[begin : begin + BLOCK], EXPERTS, axis=1)
        videos[begin : begin + BLOCK] = (space.embed(seen) * block[..., None]).reshape(
            len(block), -1
        )
    return videos, meanings


def make_query(meanings, space):
    meaning = meanings[space.random.integers(len(meanings))]
    words = space.embed(np.repeat(meaning[None], EXPERTS, axis=1))[0]
    weights = space.random.dirichlet(np.full(EXPERTS, 2.0)).astype(np.float32)
    return Query((words * weights[:, None]).ravel().astype(np.float32), weights)


def build(videos, parts, tuning):
    indexed, begin = [], time.perf_counter()
    vectors = np.stack([query.vector_E for query in tuning])
    for part in parts:
        own = videos[part.first : part.end]
        if len(part) < SMALL_PART or not any(part.counted_M):
            indexed.append((part, FlatIndex(own)))
            continue
        index = build_inverted(own, seed=0)
        probes, recall = choose_probes(index, own, vectors, recall=RECALL)
        print(
            f"  {len(part):9,} videos: {index.nlist} groups, {probes} probed, recall {recall:.3f}"
        )
        indexed.append((part, InvertedIndex(index, own, probes=probes)))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"built in {time.perf_counter() - begin:.0f} s, peak memory {peak:.1f} GB")
    return indexed


def measure(videos, parts, ours, queries):
    search_parts(queries[0], ours, TOP)
    found, fast = timed(queries, ours)
    flat = [(part, FlatIndex(videos[part.first : part.end])) for part in parts]
    exact, slow = timed(queries, flat)
    recall = np.mean([len(a & b) / TOP for a, b in zip(found, exact, strict=True)])
    print(f"recall@{TOP} against comparing all: {recall:.3f}")
    for name, taken in (("inverted files", fast), ("comparing all", slow)):
        p50, p95 = statistics.median(taken), np.quantile(taken, 0.95)
        print(f"{name:16} p50 {1000 * p50:7.1f} ms   p95 {1000 * p95:7.1f} ms")
    print(f"ratio {statistics.median(fast) / statistics.median(slow):.3f}")
    size = videos.nbytes
    floor = size / copy_rate()
    print(f"floor of comparing all: {size / 1e9:.1f} GB, {1000 * floor:.0f} ms")


def timed(queries, indexed):
    found, taken = [], []
    for query in queries:
        begin = time.perf_counter()
        _, rows = search_parts(query, indexed, TOP)
        taken.append(time.perf_counter() - begin)
        found.append(set(rows.tolist()))
    return found, taken


def copy_rate():
    """Bytes a second that are read, or written, in a copy; the best of some."""
    some = np.ones(2**26, np.float32)
    other, taken = some.copy(), []
    for _ in range(5):
        begin = time.perf_counter()
        np.copyto(other, some)
        taken.append(time.perf_counter() - begin)
    return 2 * some.nbytes / min(taken)


if __name__ == "__main__":
    main()
