"""The three training stages are one; it is tested as train-student, on files."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from functools import partial

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from safetensors.torch import load_file

from teachtext.cli import run
from teachtext.errors import ConfigError, StoreError
from teachtext.models.checkpoint import kept_score, load_card
from teachtext.store.similarities import write_similarities
from teachtext.store.versions import STAGE_VERSIONS
from tests.support.student_inputs import (
    STUDENT_CAPTIONS,
    STUDENT_SPLITS,
    arguments,
    write_inputs,
    write_student_captions,
)

train = partial(run, "train-student")


@pytest.fixture
def folder(tmp_path):
    write_inputs(tmp_path)
    return tmp_path


def test_a_student_is_written_with_what_it_learned_from(folder):
    train(arguments(folder))
    card = json.loads((folder / "model/config.json").read_text())
    assert (card["section"], card["teachers"]) == ("students", ["teacher-toy/0"])
    assert (card["captions"], card["train_captions"], card["train_videos"]) == ("clean", 23, 12)
    history = pq.read_table(folder / "model/history.parquet").to_pylist()
    assert [row["epoch"] for row in history] == [0, 1]
    assert history[0]["distillation_loss_teacher-toy/0"] == pytest.approx(
        history[0]["distillation_loss"]
    )
    assert [path.name for path in sorted((folder / "work").iterdir())] == ["finished", "lock"]


def test_without_val_captions_the_last_epoch_is_written_and_has_no_score(folder):
    write_student_captions(
        folder, [caption for caption in STUDENT_CAPTIONS if caption.split != "val"]
    )
    train(arguments(folder, keep_epoch="last"))
    card = load_card(folder / "model")
    assert card.best_epoch == 1
    history = pq.read_table(folder / "model/history.parquet")
    assert not [name for name in history.column_names if name.startswith("val")]
    with pytest.raises(StoreError, match="trained without val"):
        kept_score(folder / "model", card)


def test_every_seed_of_a_teacher_is_named(folder):
    ids = [caption.caption_id for caption in STUDENT_CAPTIONS if caption.split == "train"]
    for seed in (1, 2):
        write_similarities(
            folder / f"{seed}.parquet", [(ids, np.full((24, 12), 0.5, np.float32))],
            model=f"teacher-toy/{seed}", video_ids=[f"v{v}" for v in STUDENT_SPLITS["train"]],
        )  # fmt: skip
    files = ("teacher.parquet", "1.parquet", "2.parquet")
    # three seeds are one teacher, so one weight is enough
    train(arguments(folder, teachers=files, teacher_aggregation=[1]))
    names = [f"teacher-toy/{seed}" for seed in (0, 1, 2)]
    assert json.loads((folder / "model/config.json").read_text())["teachers"] == names
    columns = pq.read_table(folder / "model/history.parquet").column_names
    assert {f"distillation_loss_{name}" for name in names} < set(columns)


def test_a_second_copy_of_the_job_finds_the_work_done(folder, caplog):
    caplog.set_level("INFO")
    train(arguments(folder))
    written = (folder / "model/model.safetensors").stat().st_ino
    # neither the age of what it reads nor event files change a model
    os.utime(folder / "tokens.parquet", (0, 0))
    train(arguments(folder, tensorboard=True))
    assert (folder / "model/model.safetensors").stat().st_ino == written
    assert "another process has trained it already" in caplog.text


@pytest.mark.parametrize("change", ["settings", "input", "version", "no output"])
def test_a_changed_job_trains_again(change, folder, caplog, monkeypatch):
    caplog.set_level("INFO")
    train(arguments(folder))
    if change == "input":
        write_student_captions(
            folder, [replace(caption, caption="other") for caption in STUDENT_CAPTIONS]
        )
    if change == "version":
        monkeypatch.setitem(STAGE_VERSIONS, "train_student", 2)
    output = "elsewhere" if change == "no output" else "model"
    train(arguments(folder, output=output, epochs=3 if change == "settings" else 2))
    assert "trained it already" not in caplog.text


def test_event_files_are_written_on_request(folder):
    train(arguments(folder))
    assert not (folder / "events").exists()
    train(arguments(folder, output="again", tensorboard=True))
    assert len(list((folder / "events").iterdir())) == 1


def test_several_gpus_make_the_job_torchrun(folder, monkeypatch):
    commands = []

    def replaced(program, command):
        commands.append(command)
        raise SystemExit

    monkeypatch.setattr(os, "execv", replaced)
    with pytest.raises(SystemExit):
        train(arguments(folder, gpus=2))
    (command,) = commands
    assert command[1:6] == ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    assert command[6:9] == ["-m", "teachtext", "train-student"]
    assert command[9:] == arguments(folder, gpus=2)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_an_error_of_one_line(folder):
    with pytest.raises(ConfigError, match=r"Set training\.gpus: 0"):
        train(arguments(folder, gpus=1))


@pytest.mark.slow
def test_two_processes_write_one_model(folder):
    train(arguments(folder, output="alone", distillation_loss="kl"))
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    done = subprocess.run(
        [sys.executable, *launcher, "-m", "teachtext", "train-student",
         *arguments(folder, distillation_loss="kl")],
        env={**os.environ, "OMP_NUM_THREADS": "1"}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    alone = load_file(folder / "alone/model.safetensors")
    for name, weights in load_file(folder / "model/model.safetensors").items():
        torch.testing.assert_close(weights, alone[name], atol=1e-4, rtol=1e-4)
