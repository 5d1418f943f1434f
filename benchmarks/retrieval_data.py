"""Make data of the size and shape of MSR-VTT for CE+, through the project's own stores.

    python benchmarks/retrieval_data.py FOLDER [--scale 1]

Values are random and used again and again; sizes, lengths and gaps are like those of the real
features. With the defaults it takes 14 GB of disk. A file that is there is not made again.
"""

import argparse
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import yaml

from teachtext.config.models import ArchitectureSettings
from teachtext.config.training import TrainingSettings
from teachtext.experts.ledger import LedgerEntry, ledger_table
from teachtext.store.features import StoreIdentity, write_features
from teachtext.store.records import Features
from teachtext.store.similarities import ROWS_PER_BLOCK, write_similarities
from teachtext.store.tables import write_table
from teachtext.store.tokens import write_tokens
from teachtext.store.weights import WeightsIdentity
from teachtext.tables.dataset import SPLITS, Caption

WEIGHTS = WeightsIdentity("random", "0" * 64)
MAX_TOKENS = 37
ROWS = {"audio": (128, 29, 0.9), "speech": (300, 32, 0.7)}
"""Expert -> width, most rows, share of the videos in which it finds something."""
AVERAGED = {
    "densenet161": 2208,
    "r2p1d-ig65m": 512,
    "r2p1d-ig65m-kinetics": 512,
    "resnext101": 2048,
    "senet154": 2048,
}
EXPERTS = sorted([*ROWS, *AVERAGED])
CLUSTERS = {"audio": 8, "speech": 19}
TOKEN_BLOCK = 1000


@dataclass(frozen=True)
class Shape:
    """How much there is."""

    train: int = 6513
    val: int = 497
    test: int = 2990
    captions: int = 20
    token_dim: int = 1600
    shared_dim: int = 768
    text_clusters: int = 28
    teachers: int = 3

    def scaled(self, scale):
        """The same data, with fewer videos and narrower text."""
        videos = {split: max(8, round(scale * getattr(self, split))) for split in SPLITS}
        wide = scale >= 1
        return Shape(
            **videos,
            captions=self.captions,
            token_dim=self.token_dim if wide else 32,
            shared_dim=self.shared_dim if wide else 16,
            text_clusters=self.text_clusters if wide else 4,
            teachers=self.teachers,
        )

    def videos_of(self, split):
        """Their ids."""
        return [f"{split}{number}" for number in range(getattr(self, split))]


@dataclass(frozen=True)
class Data:
    """Where it is."""

    folder: Path
    shape: Shape

    @property
    def tokens(self):
        return self.folder / "tokens.parquet"

    @property
    def teachers(self):
        return [self.folder / f"teacher{number}.parquet" for number in range(self.shape.teachers)]

    @property
    def experts(self):
        """Expert -> folder of its only shard."""
        return {expert: self.folder / expert for expert in EXPERTS}


def main() -> None:
    """Make everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--scale", type=float, default=1)
    parser.add_argument("--teachers", type=int, default=3)
    args = parser.parse_args()
    make_data(args.folder, Shape(teachers=args.teachers).scaled(args.scale))


def make_data(folder: Path, shape: Shape) -> Data:
    """Write what is not there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    described = folder / "shape.json"
    if described.exists() and json.loads(described.read_text()) != asdict(shape):
        raise SystemExit(f"{folder} holds data of another shape. Delete it, or name another one.")
    described.write_text(json.dumps(asdict(shape)))
    data = Data(folder, shape)
    made = {data.tokens: write_all_tokens, **dict.fromkeys(data.teachers, write_teacher)}
    made |= {path / "trainval-0.zarr": write_expert for path in data.experts.values()}
    for path, write in made.items():
        if not path.exists():
            begin = time.perf_counter()
            path.parent.mkdir(exist_ok=True)
            write(path, shape)
            print(f"{path}: {time.perf_counter() - begin:.0f} s", flush=True)
    return data


def write_all_tokens(path: Path, shape: Shape) -> None:
    """Captions of 11 tokens on average, a few as long as they may be."""
    generator = np.random.default_rng(0)
    pool = generator.standard_normal((50_000, shape.token_dim), np.float32).astype(np.float16)
    blocks = token_blocks(shape, pool, generator)
    sizes = {"dim": shape.token_dim, "max_tokens": MAX_TOKENS}
    write_tokens(path, blocks, encoder="random", weights=WEIGHTS, **sizes)


def token_blocks(shape, pool, generator) -> Iterator[tuple[list[Caption], list[np.ndarray]]]:
    captions = [
        Caption(f"{video}.{number}", video, split, "a test")
        for split in SPLITS
        for video in shape.videos_of(split)
        for number in range(shape.captions)
    ]
    for begin in range(0, len(captions), TOKEN_BLOCK):
        block = captions[begin : begin + TOKEN_BLOCK]
        lengths = 5 + generator.gamma(2.5, 2.4, size=len(block)).astype(int)
        lengths = lengths.clip(max=MAX_TOKENS)
        first = generator.integers(len(pool) - MAX_TOKENS, size=len(block))
        yield block, [pool[f : f + n] for f, n in zip(first, lengths, strict=True)]


def write_expert(path: Path, shape: Shape) -> None:
    """All videos in one shard; averaged experts have one row each."""
    expert = path.parent.name
    dim, most, share = ROWS.get(expert, (AVERAGED.get(expert), 1, 1.0))
    videos = [video for split in SPLITS for video in shape.videos_of(split)]
    identity = StoreIdentity(expert, "random", dim, WEIGHTS, {})
    write_features(path, identity, RandomFeatures(videos, dim, most, share))
    entries = (LedgerEntry(video, expert, "ok", "", 1, 0.0, "") for video in videos)
    write_table(path.with_suffix(".parquet"), ledger_table(entries))


class RandomFeatures(Mapping[str, Features | None]):
    """Made when they are looked up."""

    def __init__(self, videos, dim, most, share):
        self.videos, self.most, self.share = videos, most, share
        self.generator = np.random.default_rng(dim)
        self.pool = self.generator.standard_normal((1000 + most, dim), np.float32)

    def __len__(self):
        return len(self.videos)

    def __iter__(self):
        return iter(self.videos)

    def __getitem__(self, video):
        if self.generator.random() >= self.share:
            return None
        rows = self.most if self.most == 1 else int(self.generator.integers(5, self.most + 1))
        first = int(self.generator.integers(1000))
        seconds = np.arange(rows, dtype=np.float64)
        return Features(self.pool[first : first + rows], seconds, seconds + 1)


def write_teacher(path: Path, shape: Shape) -> None:
    """Similarities around 0, those of the own videos around 0.5."""
    videos = shape.videos_of("train")
    captions = [f"{video}.{number}" for video in videos for number in range(shape.captions)]
    pool = np.random.default_rng(len(path.name)).standard_normal(
        (ROWS_PER_BLOCK, len(videos)), np.float32
    )

    def blocks():
        for begin in range(0, len(captions), ROWS_PER_BLOCK):
            ids = captions[begin : begin + ROWS_PER_BLOCK]
            sims = 0.1 * np.roll(pool[: len(ids)], begin, axis=1)
            own = np.arange(begin, begin + len(ids)) // shape.captions
            sims[np.arange(len(ids)), own] += 0.5
            yield ids, sims

    write_similarities(path, blocks(), model=f"{path.stem}/0", video_ids=videos)


def architecture(shape: Shape) -> ArchitectureSettings:
    """CE+ for MSR-VTT."""
    sizes = {
        "architecture": "CollaborativeExperts",
        "shared_dim": shape.shared_dim,
        "text_clusters": shape.text_clusters,
        "text_ghost_clusters": 1,
        "video_clusters": CLUSTERS,
        "max_rows": {expert: most for expert, (_, most, _) in ROWS.items()},
    }
    return ArchitectureSettings(**shipped()["models"] | sizes)


def training(*, epochs: int, threads: int) -> TrainingSettings:
    """As CE+ is trained on MSR-VTT."""
    recipe = {
        "batch_size": 64,
        "optimizer": "radam",
        "learning_rate": 0.001,
        "weight_decay": 1e-5,
        "margin": 0.0938,
        "val_captions": "first",
    }
    given = {"epochs": epochs, "threads": threads}
    return TrainingSettings(**shipped()["training"] | recipe | given)


def shipped() -> dict[str, dict]:
    """The configuration that comes with the project."""
    return yaml.safe_load((Path(__file__).parent.parent / "config.yaml").read_text())


if __name__ == "__main__":
    main()
