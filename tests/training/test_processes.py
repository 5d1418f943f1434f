"""Training in processes of its own: killed ones, and several that share each batch."""

import json
import os
import signal
import subprocess
import sys

import pytest
import torch

pytestmark = pytest.mark.slow

WORKER = """
import json, sys, torch
from pathlib import Path
from teachtext.config.teachers import ModelSeed
from teachtext.runtime.distributed import joined
from teachtext.training.recipe import train_model
from teachtext.training.resuming import EpochStates
from tests.support.toy_training import TRAINING, Agreed
from tests.support.toy_sets import toy_architecture, toy_set

torch.set_num_threads(1)
folder, architecture, settings, pause = sys.argv[1:]
data = toy_set(videos=15, timed=architecture == "MultiModalTransformer")
teachers = {ModelSeed("t", 0): Agreed(0.3), ModelSeed("t", 1): Agreed(0.4)}

def tell(row):
    print("epoch", row["epoch"], flush=True)
    if pause == "pause":
        sys.stdin.readline()

with joined(gpus=0, section="training") as processes:
    trained = train_model(
        data, data, teachers, architecture=toy_architecture(architecture),
        training=TRAINING.model_copy(update=json.loads(settings)), seed=0,
        states=EpochStates(Path(folder), "a", share=1), processes=processes, on_epoch=tell,
    )
    if trained is not None:
        torch.save(trained.model.state_dict(), Path(folder) / "weights.pt")
        (Path(folder) / "history.json").write_text(json.dumps(trained.history))
"""


def worker(folder, architecture="CollaborativeExperts", *, processes=1, pause=False, **settings):
    """The command that trains in processes of its own."""
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
    script = folder / "worker.py"
    script.write_text(WORKER)
    return [
        sys.executable, *(launcher if processes > 1 else []), str(script), str(folder),
        architecture, json.dumps(settings), "pause" if pause else "go",
    ]  # fmt: skip


def run(command):
    environment = {**os.environ, "PYTHONPATH": os.getcwd(), "OMP_NUM_THREADS": "1"}  # noqa: PTH109
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_killed_process_loses_at_most_one_epoch_and_no_bit(tmp_path):
    (tmp_path / "killed").mkdir()
    (tmp_path / "whole").mkdir()
    environment = {**os.environ, "PYTHONPATH": os.getcwd(), "OMP_NUM_THREADS": "1"}  # noqa: PTH109
    run(worker(tmp_path / "whole", epochs=5))
    command = worker(tmp_path / "killed", epochs=5, pause=True)
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        for expected in ("epoch 0\n", "epoch 1\n", "epoch 2\n"):
            assert process.stdout.readline() == expected
            if expected != "epoch 2\n":
                process.stdin.write("\n")
                process.stdin.flush()
        process.send_signal(signal.SIGKILL)
    resumed = subprocess.run(
        worker(tmp_path / "killed", epochs=5),
        env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert resumed.stdout.split() == ["epoch", "3", "epoch", "4"]
    whole, killed = (
        torch.load(tmp_path / name / "weights.pt", weights_only=True)
        for name in ("whole", "killed")
    )
    assert all(torch.equal(weights, killed[name]) for name, weights in whole.items())


@pytest.mark.parametrize(
    ("architecture", "ranking_loss", "distillation_loss"),
    [
        ("CollaborativeExperts", "max-margin", "huber"),
        ("MixtureOfEmbeddingExperts", "info-nce", "kl"),
        ("MultiModalTransformer", "max-margin", "huber"),
    ],
)
def test_two_processes_see_the_losses_of_one(
    architecture, ranking_loss, distillation_loss, tmp_path
):
    """Fifteen videos in batches of six: halves are equal, and in the last batch they are not."""
    losses = {"ranking_loss": ranking_loss, "distillation_loss": distillation_loss}
    assert_same_losses(tmp_path, architecture, processes=2, batch_size=6, **losses)


@pytest.mark.parametrize("architecture", ["CollaborativeExperts", "MultiModalTransformer"])
def test_a_process_may_have_no_part_of_the_last_batch(architecture, tmp_path):
    """Fifteen videos in batches of thirteen: three processes share the last two."""
    assert_same_losses(tmp_path, architecture, processes=3, batch_size=13)


def assert_same_losses(folder, architecture, *, processes, **settings):
    """Of one process and of several."""
    histories = []
    for count in (1, processes):
        (folder / str(count)).mkdir()
        run(worker(folder / str(count), architecture, processes=count, epochs=4, **settings))
        histories.append(json.loads((folder / str(count) / "history.json").read_text()))
    for one, several in zip(*histories, strict=True):
        for loss in ("loss", "ranking_loss", "distillation_loss", "distillation_loss_t/1"):
            assert several[loss] == pytest.approx(one[loss], abs=1e-5), (one["epoch"], loss)
