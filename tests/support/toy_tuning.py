"""Tuning of a text encoder on a few repeated sentences."""

from teachtext.config.text import FinetuneSettings, TextSettings
from teachtext.tables.dataset import Caption
from teachtext.text.tuning.finetuning import Tuner, tune
from teachtext.text.tuning.tunable import load_tunable
from teachtext.training.states import LatestState
from tests.support.toy_training import ALONE

_SETTINGS = FinetuneSettings(
    objective="language-modelling", epochs=3, batch_size=4, learning_rate=0.01, warmup_steps=1,
    weight_decay=0.01, mask_fraction=0.15, temperature=0.05, seed=0, threads=1, gpus=0,
    precision="float32", gradient_checkpointing=False, state_minutes=60,
)  # fmt: skip
OF_VIDEO = {"cat": ["a cat sleeps", "old cat sleeps"], "dog": ["a dog runs", "old dog runs"],
            "car": ["a car turns", "old car turns"]}  # fmt: skip


def captions_like(of_video, *, videos=9):
    """A split each of train, val and test; the last word of what is held out is red or blue."""
    kinds = list(of_video)
    return [
        Caption(f"{split}{number}#{n}", f"{split}{number}", split, text + held_out)
        for split, held_out in (("train", ""), ("val", " red"), ("test", " blue"))
        for number in range(videos)
        for n, text in enumerate(of_video[kinds[number % len(kinds)]])
    ]


TUNING_CAPTIONS = captions_like(OF_VIDEO)


def loaded(checkpoint, processes=ALONE, captions=TUNING_CAPTIONS, max_tokens=8, **changes):
    finetune = _SETTINGS.model_copy(update=changes)
    entry = TextSettings(
        encoder="transformers", checkpoint=str(checkpoint), max_tokens=max_tokens
    ).model_copy(update={"finetune": finetune})
    return load_tunable("toy", entry, finetune, captions, processes), finetune


def tuned(checkpoint, folder, *, wrap=lambda objective: objective, processes=ALONE, **changes):
    """A tuned text encoder and its history."""
    tunable, finetune = loaded(checkpoint, processes, **changes)
    states = LatestState(folder, "a")
    tuner = Tuner("toy", wrap(tunable.objective), finetune, states, processes)
    return tunable, tune(tunable.tower, tuner)
