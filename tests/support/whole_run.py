"""A data set of a dozen clips and a configuration that has an entry of every kind.

Networks are tiny and have random weights; a run takes about a minute, and every rule has a job.
"""

import csv
import json
import shutil
import subprocess

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from teachtext.store.tokens import write_tokens
from teachtext.store.weights import WeightsIdentity
from teachtext.tables.dataset import Caption
from tests.support.authors_checkpoint import write_checkpoint
from tests.support.authors_models import EXPERT_DIMS, tensors
from tests.support.clips import write_clip
from tests.support.joint_checkpoints import build_joint
from tests.support.reference import load_reference, section
from tests.support.running import ENVIRONMENT, ROOT, read_yaml
from tests.support.tunable_checkpoints import tiny_checkpoint

SPLIT_SIZES = {"train": 6, "val": 2, "test": 4}
_VIDEOS = {
    f"{split} $({number})": split for split, count in SPLIT_SIZES.items() for number in range(count)
}
CAPTIONS = [
    Caption(f"{video}#{number}", video, split, f"a {word} {split}s")
    for video, split in _VIDEOS.items()
    for number, word in enumerate(("dog", "cat"))
]
FINETUNE = {
    **{"objective": "contrastive", "epochs": 1, "batch_size": 4, "learning_rate": 0.01},
    **{"warmup_steps": 1, "weight_decay": 0.01, "mask_fraction": 0.15, "temperature": 0.05},
    **{"seed": 0, "threads": 1, "gpus": 0, "precision": "float32"},
    **{"gradient_checkpointing": False, "state_minutes": 5},
}
CONFIG = {
    "dataset": {
        **{"name": "whole", "videos": "data/videos.csv", "captions": "data/captions.csv"},
        **{"shards": {"trainval": 1, "test": 1, "none": 1}, "paragraphs": False},
    },
    "seeds": [0],
    "demo": {"train": 6, "val": 2, "test": 4, "captions_per_clip": 2, "seed": 0},
    "video": {
        **{"short_side": 48, "timeout_seconds": 60, "memory_gb": 4, "max_failed_fraction": 0.2},
    },
    "experts": {
        "appearance": {"network": "transformers-image", "checkpoint": "data/clip", "fps": 1},
        "motion": {"network": "optical-flow", "fps": 2},
        **{name: {"import": f"data/{name}.npz"} for name in EXPERT_DIMS},
    },
    "text": {
        "words": {"encoder": "word-vectors", "checkpoint": "data/words.txt", "max_tokens": 8},
        "joint": {"encoder": "joint", "checkpoint": "data/clip", "max_tokens": 8},
        "shorter": {"encoder": "joint", "checkpoint": "data/clip", "max_tokens": 7},  # nobody's
        "tuned": {
            **{"encoder": "transformers", "checkpoint": "data/gpt2", "max_tokens": 8},
            "finetune": FINETUNE,
        },
        "theirs": {"import": "data/theirs.parquet", "max_tokens": 7},
    },
    "models": {
        **{"architecture": "CollaborativeExperts", "shared_dim": 32, "text_pooling": "netvlad"},
        **{"text_clusters": 3, "text_ghost_clusters": 1, "video_clusters": {"motion": 2}},
        **{"max_rows": {"motion": 8, "audio": 5, "ocr": 4}, "mixture_weights": "learned"},
        "transformer": {
            **{"layers": 1, "heads": 2, "feed_forward_dim": 16, "positions": 4, "dropout": 0.0}
        },
        "legacy": False,
    },
    "training": {
        **{"epochs": 2, "batch_size": 4, "optimizer": "radam", "learning_rate": 0.001},
        **{"schedule": "cosine", "learning_rate_decay": 0.95, "warmup_steps": 0},
        **{"weight_decay": 0.00001, "ranking_loss": "info-nce", "margin": 0.1},
        **{"temperature": 0.05, "distillation_loss": "huber", "distillation_weight": 1.0},
        **{"distillation_beta": 1.0, "distillation_temperature": 0.1},
        **{"teacher_aggregation": "mean", "val_captions": "all", "keep_epoch": "best"},
        **{"threads": 1, "gpus": 0, "precision": "float32", "compile": False},
        "tensorboard": False,
    },
    "teachers": {
        "teacher": {"text_encoder": "words", "experts": ["motion"]},
        "scorer": {"import": "data/scores.parquet"},
    },
    "denoise": {
        "clean": {
            **{"teachers": ["teacher", "scorer"], "aggregation": "mean", "keep_fraction": 0.9},
            "keep_per_video": 1,
        },
        "scored": {"teachers": ["scorer"], "keep_fraction": 0.9},
    },
    "students": {
        "student": {
            **{"text_encoder": "tuned", "experts": ["appearance", "motion"]},
            **{"teachers": ["teacher", "scorer"], "captions": "clean"},
        }
    },
    "pruned": {
        "small": {"text_encoder": "words", "experts": ["motion"], "teachers": ["student"]},
        "lean": {
            **{"text_encoder": "words", "experts": ["appearance", "motion"]},
            **{"strategy": "backward", "keep": 1},
        },
    },
    "zero_shot": {"zero": {"text_encoder": "joint", "experts": ["appearance"]}},
    "released": {
        "ce": {
            **{"checkpoint": "data/ce.pth", "text_encoder": "theirs"},
            "experts": list(EXPERT_DIMS),
        }
    },
    "evaluate": {
        **{"top": 3, "normalizations": ["qb-norm"], "inverse_temperature": 20},
        **{"bank_captions": 100, "bank_top": 1, "sample": 4, "seed": 0},
    },
    "search": {
        **{"models": ["student"], "exact_below": 1000, "recall": 0.95, "recall_queries": 10},
        "seed": 0,
    },
    "report": {
        **{"title": "whole", "queries": 2, "results_per_query": 2, "seed": 0, "heat_map": 4},
        **{"worst_captions": 3, "bootstrap": {"samples": 100, "seed": 0}, "published": None},
    },
}
"""All of config.yaml, and nothing of the shipped one."""


def write_data(folder):
    """Write tables, clips, checkpoints and what was made elsewhere, and the configuration."""
    data = folder / "data"
    (data / "clips").mkdir(parents=True)
    for number, video in enumerate(_VIDEOS):
        write_clip(data / f"clips/{video}.mp4", seconds=1 + number % 2, sound=False)
    write_rows(data / "videos.csv", ["video_id", "path"], [[v, f"clips/{v}.mp4"] for v in _VIDEOS])
    rows = [[caption.video_id, caption.caption, caption.split] for caption in CAPTIONS]
    write_rows(data / "captions.csv", ["video_id", "caption", "split"], rows)
    (data / "words.txt").write_text("a 1 0\ndog 0 1\ncat 1 1\n")
    (data / "clip").mkdir()
    build_joint(data / "clip", "clip")
    tiny_checkpoint(data / "gpt2", "gpt2")
    write_checkpoint(data / "ce.pth", tensors(section(load_reference("ce"), "state/")), zipped=True)
    for name, dim in EXPERT_DIMS.items():
        write_feature_file(data / f"{name}.npz", dim)
    write_scores(data / "scores.parquet")
    write_their_tokens(data / "theirs.parquet")
    write_config(folder, CONFIG)


def write_config(folder, config):
    """Write the folder's own file, which takes away what the shipped one has beside it."""
    whole = _taking_away(read_yaml(ROOT / "config.yaml"), config)
    (folder / "config.yaml").write_text(yaml.safe_dump(whole, sort_keys=False))


def _taking_away(below, config):
    """The same, with null for every key that is below alone."""
    inside = {
        key: _taking_away(below[key], value)
        for key, value in config.items()
        if isinstance(value, dict) and isinstance(below.get(key), dict)
    }
    return {**dict.fromkeys(below.keys() - config.keys()), **config, **inside}


def write_rows(path, header, rows):
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([header, *rows])


def read_rows(path):
    with path.open(newline="", encoding="utf-8") as stream:
        header, *rows = csv.reader(stream)
    return header, rows


def write_feature_file(path, dim, seed=0, videos=tuple(_VIDEOS)):
    """One row for every video, and for one that nobody knows."""
    random = np.random.default_rng([seed, dim])
    videos = [*videos, "nobody's"]
    features = random.normal(size=(len(videos), dim)).astype(np.float32)
    np.savez(path, video_id=np.array(videos), features=features)


def write_scores(path, seed=0, captions=tuple(CAPTIONS)):
    """A teacher's opinion of every caption and every video."""
    random = np.random.default_rng(seed)
    videos = list(dict.fromkeys(caption.video_id for caption in captions))
    sims = random.normal(size=(len(captions), len(videos))).astype(np.float32)
    columns = {"caption_id": [c.caption_id for c in captions], "sim": sims.tolist()}
    table = pa.table(columns).replace_schema_metadata({"video_ids": json.dumps(videos)})
    pq.write_table(table, path)


def write_their_tokens(path, seed=0, captions=tuple(CAPTIONS)):
    """Token vectors of every caption, 20 numbers each."""
    random = np.random.default_rng(seed)
    vectors = [random.normal(size=(2, 20)).astype(np.float32) for _ in captions]
    write_tokens(
        path,
        [(captions, vectors)],
        encoder="theirs",
        weights=WeightsIdentity("theirs", str(seed)),
        dim=20,
        max_tokens=7,
    )


def run_command(folder, *arguments):
    """The workflow in the folder, with the folder's own configuration."""
    place = ["--snakefile", str(ROOT / "Snakefile"), "--directory", str(folder)]
    profile = ["--workflow-profile", str(ROOT / "profiles/default")]
    return ["snakemake", *place, *profile, "--cores", "2", *arguments]


def _snakemake(folder, *arguments):
    """Run it."""
    return subprocess.run(
        run_command(folder, *arguments),
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )


def run_all(folder, *arguments):
    """Run it and expect that all goes well; what it said."""
    done = _snakemake(folder, *arguments)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    return said


def copy_run(finished, folder):
    """A copy of a run with all its times."""
    shutil.copytree(finished, folder, symlinks=True)
    return folder
