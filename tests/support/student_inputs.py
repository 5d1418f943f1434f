"""Files that a student is trained from, and the arguments that name them."""

import numpy as np
import pyarrow as pa

from teachtext.store.features import StoreIdentity
from teachtext.store.records import Features
from teachtext.store.similarities import write_similarities
from teachtext.store.tables import write_table
from teachtext.store.tokens import write_tokens
from teachtext.store.versions import MADE_BY, stamp
from teachtext.tables.dataset import Caption
from tests.support.stores import write_store
from tests.support.toy_sets import DIM, TOY_WEIGHTS, toy_architecture
from tests.support.toy_training import training

STUDENT_SPLITS = {"train": range(12), "val": range(12, 18)}
STUDENT_CAPTIONS = [
    Caption(f"{video}#{number}", f"v{video}", split, "words")
    for split, videos in STUDENT_SPLITS.items()
    for video in videos
    for number in range(2)
]


def write_student_captions(folder, captions):
    """Two equal token vectors for each caption, those of its video."""
    meaning = np.random.default_rng(0).standard_normal((18, DIM)).astype(np.float32)
    vectors = [meaning[[int(caption.video_id[1:])] * 2] for caption in captions]
    write_tokens(
        folder / "tokens.parquet", [(captions, vectors)],
        encoder="toy", weights=TOY_WEIGHTS, dim=DIM, max_tokens=2,
    )  # fmt: skip
    return meaning


def write_inputs(folder):
    """Tokens, two experts in two shards, one teacher, a denoised set."""
    meaning = write_student_captions(folder, STUDENT_CAPTIONS)
    for expert in ("appearance", "audio"):
        identity = StoreIdentity(expert, "toy", DIM, TOY_WEIGHTS, {})
        for shard in (0, 1):
            found = {
                f"v{v}": Features(meaning[[v, v]], np.array([0.0, 1]), np.array([1.0, 2]))
                for v in range(shard, 18, 2)
            }
            write_store(folder / expert / f"trainval-{shard}.zarr", identity, found)
    train = [caption for caption in STUDENT_CAPTIONS if caption.split == "train"]
    write_similarities(
        folder / "teacher.parquet",
        [([c.caption_id for c in train], np.full((24, 12), 0.5, np.float32))],
        model="teacher-toy/0", video_ids=[f"v{v}" for v in STUDENT_SPLITS["train"]],
    )  # fmt: skip
    kept = [number != 3 for number in range(len(train))]
    verdicts = pa.table({"caption_id": [caption.caption_id for caption in train], "kept": kept})
    made = {"captions": "clean", MADE_BY: stamp("denoise_captions")}
    write_table(folder / "clean.parquet", verdicts, made)


def arguments(folder, *, output="model", teachers=("teacher.parquet",), captions=True, **changes):
    settings = training(**{"epochs": 2, "batch_size": 5, "learning_rate": 0.01} | changes)
    denoised = ["--captions", folder / "clean.parquet"] if captions else []
    values = [
        "--model", "toy", "--seed", 0, "--tokens", folder / "tokens.parquet",
        "--features", *(f"{name}={folder / name}" for name in ("appearance", "audio")),
        "--shards", "trainval=2", "--max-failed-fraction", 0,
        "--teachers", *(folder / name for name in teachers), *denoised,
        "--architecture", toy_architecture().model_dump_json(),
        "--training", settings.model_dump_json(),
        "--work", folder / "work", "--events", folder / "events", "--output", folder / output,
    ]  # fmt: skip
    return [str(value) for value in values]
