import json
import os
import shutil
import signal
import subprocess
import sys

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from transformers import BertModel

from teachtext.errors import ConfigError, TrainingError
from teachtext.text.encoders.transformer import TransformerEncoder
from teachtext.text.tuning.finetuning import Tuner, check_disk, tune
from teachtext.text.tuning.tunable import save_tuned
from teachtext.training.states import LatestState
from tests.support.toy_training import ALONE
from tests.support.toy_tuning import OF_VIDEO, TUNING_CAPTIONS, captions_like, loaded, tuned
from tests.support.tunable_checkpoints import tiny_checkpoint


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory):
    return {
        family: tiny_checkpoint(tmp_path_factory.mktemp(family), family)
        for family in ("gpt2", "bert", "t5", "xlnet")
    }


@pytest.mark.parametrize("family", ["gpt2", "bert"])
def test_the_loss_of_tokens_falls_on_repeated_sentences(family, checkpoints, tmp_path):
    _, history = tuned(checkpoints[family], tmp_path, epochs=15, mask_fraction=0.3)
    assert [row["epoch"] for row in history] == list(range(16))
    assert history[-1]["loss"] < 0.7 * history[1]["loss"]
    assert history[-1]["held_out_loss"] < history[0]["held_out_loss"]
    assert history[-1]["seconds"] > 0


@pytest.mark.parametrize("family", ["gpt2", "bert", "t5", "xlnet"])
def test_the_loss_of_sentences_falls_where_no_two_videos_are_alike(family, checkpoints, tmp_path):
    _, history = tuned(checkpoints[family], tmp_path, captions=captions_like(OF_VIDEO, videos=3),
                       objective="contrastive", epochs=40)  # fmt: skip
    assert history[-1]["loss"] < 0.5 * history[1]["loss"]
    assert history[-1]["held_out_loss"] < history[0]["held_out_loss"]


def test_perplexity_is_that_of_a_token_and_none_of_sentences(checkpoints, tmp_path):
    _, modelling = tuned(checkpoints["gpt2"], tmp_path / "modelling")
    # random weights guess among fifteen tokens
    assert modelling[0]["held_out_perplexity"] == pytest.approx(15, abs=2)
    assert modelling[0]["held_out_perplexity"] == pytest.approx(
        np.exp(modelling[0]["held_out_loss"])
    )
    _, contrastive = tuned(checkpoints["gpt2"], tmp_path / "other", objective="contrastive")
    assert {row["held_out_perplexity"] for row in contrastive} == {None}


@pytest.mark.parametrize("objective", ["language-modelling", "contrastive"])
def test_without_val_a_text_encoder_is_tuned_and_not_measured(objective, checkpoints, tmp_path):
    train = [caption for caption in TUNING_CAPTIONS if caption.split == "train"]
    tunable, history = tuned(
        checkpoints["gpt2"], tmp_path / "work", captions=train, objective=objective
    )
    assert [row["held_out_loss"] for row in history] == [None] * 4
    save_tuned(tmp_path / "tuned", tunable, history)
    assert pq.read_table(tmp_path / "tuned/history.parquet").num_rows == 4
    assert tunable.card["val_captions"] == 0


def test_contrastive_tuning_brings_captions_of_a_video_together(checkpoints, tmp_path):
    def cosines(folder):
        encoder = TransformerEncoder(checkpoint=str(folder), max_tokens=8)
        vectors = [
            v.mean(axis=0)
            for v in encoder.encode([text for texts in OF_VIDEO.values() for text in texts])
        ]
        unit = np.array([vector / np.linalg.norm(vector) for vector in vectors])
        return unit @ unit.T

    tunable, history = tuned(checkpoints["bert"], tmp_path / "work", objective="contrastive",
                             captions=captions_like(OF_VIDEO, videos=3), epochs=40)  # fmt: skip
    save_tuned(tmp_path / "tuned", tunable, history)
    before, after = cosines(checkpoints["bert"]), cosines(tmp_path / "tuned")
    own, foreign = after[::2, 1::2].diagonal(), after[::2, 1::2][~np.eye(3, dtype=bool)]
    assert own.min() > foreign.max() + 0.5
    own, foreign = before[::2, 1::2].diagonal(), before[::2, 1::2][~np.eye(3, dtype=bool)]
    assert own.min() < foreign.max() + 0.5


@pytest.mark.parametrize("objective", ["language-modelling", "contrastive"])
@pytest.mark.parametrize("family", ["gpt2", "bert"])
def test_words_of_val_and_test_never_reach_a_step(
    family, objective, checkpoints, tmp_path, monkeypatch
):
    """``red`` is only in val and ``blue`` only in test."""
    tunable, finetune = loaded(checkpoints[family], objective=objective)
    words = {"red": tunable.tokenizer.cut(["red"])[0], "blue": tunable.tokenizer.cut(["blue"])[0]}
    seen = {True: set(), False: set()}

    def note(module, arguments, given):
        seen[module.training].update(given["input_ids"].flatten().tolist())

    tunable.tower.register_forward_pre_hook(note, with_kwargs=True)
    tuner = Tuner("toy", tunable.objective, finetune, LatestState(tmp_path, "a"), ALONE)
    # tokens are swapped for any of the vocabulary
    monkeypatch.setattr("teachtext.text.tuning.objectives.SWAPPED", 0)
    tune(tunable.tower, tuner)
    assert not seen[True] & {*words["red"], *words["blue"]}
    assert set(words["red"]) <= seen[False]
    assert not set(words["blue"]) & seen[False]


@pytest.mark.parametrize(
    ("family", "message"),
    [("t5", "a t5 is neither"), ("xlnet", "a xlnet sees the tokens"), ("minilm", "lacks")],
)
def test_who_cannot_guess_tokens_is_refused(family, message, checkpoints, tmp_path):
    checkpoint = checkpoints.get(family)
    if family == "minilm":
        checkpoint = tmp_path / "headless"
        shutil.copytree(checkpoints["bert"], checkpoint)
        BertModel.from_pretrained(checkpoint).save_pretrained(checkpoint)
    with pytest.raises(ConfigError, match=message):
        loaded(checkpoint)


def test_masked_tokens_need_a_mask_token(checkpoints, tmp_path):
    shutil.copytree(checkpoints["bert"], tmp_path / "bert")
    for path in checkpoints["gpt2"].glob("*token*"):
        shutil.copy(path, tmp_path / "bert")
    with pytest.raises(ConfigError, match="no mask token"):
        loaded(tmp_path / "bert")


@pytest.mark.parametrize("batch_size", [2, 5, 7, 9, 17, 18, 40])
def test_an_epoch_passes_over_every_caption_once(batch_size, checkpoints, tmp_path):
    tunable, finetune = loaded(checkpoints["gpt2"], batch_size=batch_size)
    tuner = Tuner("toy", tunable.objective, finetune, LatestState(tmp_path, "a"), ALONE)
    assert len(list(tuner.batches(1))) == tuner.steps_per_epoch
    assert sorted(np.concatenate(list(tuner.batches(1)))) == list(range(18))
    assert not np.array_equal(next(tuner.batches(1)), next(tuner.batches(2)))


def test_the_learning_rate_warms_up_and_falls_to_zero(checkpoints, tmp_path):
    tunable, finetune = loaded(checkpoints["gpt2"], warmup_steps=4, epochs=20)
    tuner = Tuner("toy", tunable.objective, finetune, LatestState(tmp_path, "a"), ALONE)
    rates = [tuner.learning_rate(step) for step in range(20 * tuner.steps_per_epoch)]
    assert rates[:4] == sorted(rates[:4])
    assert rates[4:] == sorted(rates[4:], reverse=True)
    assert max(rates) == pytest.approx(0.01, rel=0.02)
    assert rates[-1] < 1e-5


def test_captions_that_are_cut_are_counted(checkpoints):
    captions = captions_like({"cat": ["a cat sleeps", "a old cat sleeps"]})
    tunable, _ = loaded(checkpoints["gpt2"], captions=captions, max_tokens=3)
    # only nine of the eighteen have four words
    assert tunable.card["train_captions_cut"] == 9
    assert tunable.card["train_captions"] == 18


class PowerCutError(Exception):
    """Ends a run."""


class Failing:
    """An objective that ends the run in a step, counted over the process."""

    def __init__(self, objective, step):
        self.whole, self.step = objective, step

    def __getattr__(self, name):
        return getattr(self.whole, name)

    def loss(self, *arguments):
        if self.step == 0:
            raise PowerCutError
        self.step -= 1
        return self.whole.loss(*arguments)


def assert_same_weights(first, second):
    for (name, one), (_, other) in zip(
        first.model.state_dict().items(), second.model.state_dict().items(), strict=True
    ):
        assert torch.equal(one, other), name


@pytest.mark.parametrize("family", ["gpt2", "bert"])
@pytest.mark.parametrize("objective", ["language-modelling", "contrastive"])
@pytest.mark.parametrize("state_minutes", [60, 1e-9])
def test_a_stopped_run_ends_with_the_same_bits(
    state_minutes, objective, family, checkpoints, tmp_path
):
    """With a state per epoch and with one per step; stopped in the middle of epochs."""
    changes = {"objective": objective, "state_minutes": state_minutes}
    whole, history = tuned(checkpoints[family], tmp_path / "whole", **changes)
    for step in (0, 3, 2):
        with pytest.raises(PowerCutError):
            tuned(
                checkpoints[family], tmp_path / "stopped",
                wrap=lambda objective, step=step: Failing(objective, step), **changes,
            )  # fmt: skip
    resumed, again = tuned(checkpoints[family], tmp_path / "stopped", **changes)
    assert_same_weights(whole, resumed)
    for name in ("loss", "held_out_loss", "learning_rate"):
        assert [row[name] for row in history] == [row[name] for row in again]


def test_gradient_checkpointing_changes_no_bit(checkpoints, tmp_path):
    plain, _ = tuned(checkpoints["gpt2"], tmp_path / "plain")
    frugal, _ = tuned(checkpoints["gpt2"], tmp_path / "frugal", gradient_checkpointing=True)
    assert_same_weights(plain, frugal)


def test_bfloat16_learns_too(checkpoints, tmp_path):
    """On a CPU the settings refuse it: it gains nothing there. The code is the same."""
    tunable, history = tuned(checkpoints["gpt2"], tmp_path, precision="bfloat16", epochs=10)
    assert history[-1]["loss"] < history[1]["loss"]
    assert {weights.dtype for weights in tunable.model.parameters()} == {torch.float32}


def test_a_loss_that_is_no_number_stops_the_run_at_once(checkpoints, tmp_path):
    with pytest.raises(TrainingError, match=r"Lower text\.toy\.finetune\.learning_rate"):
        tuned(checkpoints["gpt2"], tmp_path, learning_rate=1e38, warmup_steps=0)


def test_one_video_has_nothing_to_be_told_from(checkpoints, tmp_path):
    captions = captions_like(OF_VIDEO, videos=1)
    with pytest.raises(TrainingError, match="has 1 captions or videos"):
        tuned(checkpoints["bert"], tmp_path, captions=captions, objective="contrastive")


def test_a_full_disk_is_told_before_the_first_step(checkpoints, tmp_path, monkeypatch):
    tunable, _ = loaded(checkpoints["gpt2"])
    check_disk(tmp_path, tunable.model)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: shutil._ntuple_diskusage(9, 8, 1))
    with pytest.raises(TrainingError, match="Make room"):
        check_disk(tmp_path, tunable.model)


@pytest.mark.parametrize("family", ["gpt2", "bert"])
def test_a_tuned_folder_embeds_otherwise_than_its_base(family, checkpoints, tmp_path):
    tunable, history = tuned(checkpoints[family], tmp_path / "work", max_tokens=3)
    save_tuned(tmp_path / "tuned", tunable, history)
    base, after = (
        TransformerEncoder(checkpoint=str(folder), max_tokens=8)
        for folder in (checkpoints[family], tmp_path / "tuned")
    )
    assert not np.allclose(base.encode(["a cat"])[0], after.encode(["a cat"])[0], atol=0.01)
    assert base.weights.sha256 != after.weights.sha256
    # it is never given more tokens than it was tuned on
    assert (base.max_tokens, after.max_tokens) == (8, 3)
    rows = pq.read_table(tmp_path / "tuned/history.parquet").to_pylist()
    assert [row["epoch"] for row in rows] == [0, 1, 2, 3]
    card = json.loads((tmp_path / "tuned/finetuning.json").read_text())
    assert card["base_weights"]["sha256"] == base.weights.sha256
    assert not list((tmp_path / "tuned").glob("*.bin"))


WORKER = """
import sys, torch
from pathlib import Path
from safetensors.torch import save_model
from teachtext.runtime.distributed import joined
from tests.support.toy_tuning import tuned

class Telling:
    def __init__(self, objective):
        self.whole = objective
    def __getattr__(self, name):
        return getattr(self.whole, name)
    def loss(self, *arguments):
        print("step", flush=True)
        if pause:
            sys.stdin.readline()
        return self.whole.loss(*arguments)

torch.set_num_threads(1)
checkpoint, folder, objective, pause = sys.argv[1:]
pause = pause == "pause"
with joined(gpus=0, section="toy") as processes:
    tunable, history = tuned(
        Path(checkpoint), Path(folder), wrap=Telling, processes=processes,
        objective=objective, state_minutes=1e-9,
    )
    if processes.rank == 0:
        save_model(tunable.model, f"{folder}/weights.safetensors")
        print([row["loss"] for row in history][1:])
"""
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.getcwd(), "OMP_NUM_THREADS": "1"}  # noqa: PTH109


def worker(checkpoint, folder, objective, *, processes=1, pause=False):
    """The command that tunes in processes of its own."""
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
    folder.mkdir(exist_ok=True)
    (folder / "worker.py").write_text(WORKER)
    return [
        sys.executable, *(launcher if processes > 1 else []), str(folder / "worker.py"),
        str(checkpoint), str(folder), objective, "pause" if pause else "go",
    ]  # fmt: skip


def run(command):
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.slow
def test_a_killed_process_loses_at_most_one_step_and_no_bit(checkpoints, tmp_path):
    """Five steps an epoch: killed in the middle of the second one."""
    gpt2, objective = checkpoints["gpt2"], "language-modelling"
    assert run(worker(gpt2, tmp_path / "whole", objective)).count("step") == 15
    with subprocess.Popen(
        worker(gpt2, tmp_path / "killed", objective, pause=True),
        env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        for _ in range(7):
            assert process.stdout.readline() == "step\n"
            process.stdin.write("\n")
            process.stdin.flush()
        assert process.stdout.readline() == "step\n"
        process.send_signal(signal.SIGKILL)
    assert run(worker(gpt2, tmp_path / "killed", objective)).count("step") == 15 - 7
    whole, killed = (
        (tmp_path / name / "weights.safetensors").read_bytes() for name in ("whole", "killed")
    )
    assert whole == killed


@pytest.mark.slow
@pytest.mark.parametrize("objective", ["language-modelling", "contrastive"])
def test_two_processes_learn_what_one_does(objective, checkpoints, tmp_path):
    """Dropout is each process's own, so it is off."""
    still = tmp_path / "still"
    shutil.copytree(checkpoints["gpt2"], still)
    config = json.loads((still / "config.json").read_text())
    config |= {"embd_pdrop": 0.0, "attn_pdrop": 0.0, "resid_pdrop": 0.0}
    (still / "config.json").write_text(json.dumps(config))
    one, two = (
        json.loads(run(worker(still, tmp_path / str(n), objective, processes=n))[-1])
        for n in (1, 2)
    )
    assert two == pytest.approx(one, abs=1e-4)
