"""Runs over changed data and another configuration, killed on the way, end as runs from nothing."""

import os
import random
import shutil
import signal
import subprocess
from contextlib import suppress

import pytest
import yaml

from teachtext.tables.dataset import read_captions
from tests.support import changes_of_data as changes
from tests.support import whole_run
from tests.support.plan import plan
from tests.support.results import results_of
from tests.support.running import ENVIRONMENT

pytestmark = [pytest.mark.e2e, pytest.mark.kills]

KILLS = 3
OTHER_VALUES = {
    "dataset": {"shards": {"trainval": 2}},
    "seeds": [1],
    "video": {"short_side": 40},
    "experts": {"motion": {"fps": 3}},
    "text": {"words": {"max_tokens": 2}, "tuned": {"finetune": {"learning_rate": 0.02}}},
    "models": {"text_clusters": 2},
    "training": {"keep_epoch": "last", "learning_rate": 0.002},
    "denoise": {"clean": {"keep_fraction": 0.8}},
    "students": {"student": {"teachers": ["scorer", "teacher"]}, "more": {"text_encoder": "words"}},
    "pruned": {"small": None},
    "evaluate": {"top": 2},
    "search": {"recall": 0.9},
    "report": {"worst_captions": 2},
}
"""A key or more of each section: set, changed, added and removed."""


def other_rows(folder):
    """Captions and videos are edited, added, removed, renamed; splits move, a file is another."""
    data = folder / "data"
    changes.edit_caption(data)
    changes.add_caption(data)
    changes.replace_video(data)
    changes.add_video_and_caption(data)
    for table in ("videos", "captions"):
        changes.edit_rows(data / f"{table}.csv", other_names)
    changes.edit_captions(data, other_splits)
    captions = read_captions(data / "captions.csv")
    whole_run.write_scores(data / "scores.parquet", captions=captions)
    whole_run.write_their_tokens(data / "theirs.parquet", captions=captions)
    for name, dim in whole_run.EXPERT_DIMS.items():
        videos = list(dict.fromkeys(caption.video_id for caption in captions))
        whole_run.write_feature_file(data / f"{name}.npz", dim, videos=videos)


def other_names(rows):
    """One video is gone, another has a new name."""
    kept = (row for row in rows if row[0] != "train $(1)")
    return [["renamed" if row[0] == "train $(2)" else row[0], *row[1:]] for row in kept]


def other_splits(rows):
    return [[video, text, "train" if video == "val $(1)" else split] for video, text, split in rows]


def other_files(folder):
    """All that others made is replaced, and the weights of local checkpoints."""
    data = folder / "data"
    changes.replace_features(data)
    changes.replace_similarities(data)
    changes.replace_tokens(data)
    changes.replace_word_vectors(data)
    for name in ("clip", "gpt2"):
        shutil.rmtree(data / name)
        (data / name).mkdir()
    whole_run.build(data / "clip", "clip", seed=1)
    whole_run.tiny_checkpoint(data / "gpt2", "gpt2", seed=1)


def other_values(folder):
    config = yaml.safe_load((folder / "config.yaml").read_text())
    lay_over(config, OTHER_VALUES)
    (folder / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))


def lay_over(config, other):
    for key, value in other.items():
        if isinstance(value, dict) and isinstance(config.get(key), dict):
            lay_over(config[key], value)
        else:
            config[key] = value


def kill_runs(folder, chance):
    """Begin it again and again, and kill it and all its jobs after some seconds."""
    for _ in range(KILLS):
        process = subprocess.Popen(
            whole_run.run_command(folder),
            env=ENVIRONMENT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=chance.uniform(5, 30))
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        whole_run.run_all(folder, "--unlock")


@pytest.mark.parametrize(
    "change", [other_rows, other_files, other_values], ids=lambda change: change.__name__
)
def test_a_changed_run_that_is_killed_ends_as_one_from_nothing(change, whole, tmp_path):
    changed, anew = whole_run.copy_run(whole, tmp_path / "changed"), tmp_path / "anew"
    change(changed)
    shutil.copytree(changed / "data", anew / "data")
    shutil.copy(changed / "config.yaml", anew)
    kill_runs(changed, random.Random(0))
    whole_run.run_all(changed)
    assert plan(changed).runs == set()
    assert not [path for path in (changed / "results").rglob("*.tmp") if "work" not in path.parts]
    whole_run.run_all(anew)
    found, expected = results_of(changed), results_of(anew)
    assert not [name for name in expected if expected[name] != found.get(name)]
