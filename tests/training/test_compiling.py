"""On a CPU the settings refuse to compile: it gains nothing there. The code is the same."""

import shutil

import numpy as np
import pytest
import torch

from teachtext.errors import TrainingError
from teachtext.models.retrieval import build_model
from teachtext.training import compiling
from teachtext.training.compiling import compiled_similarities
from teachtext.training.recipe import make_loss, make_optimizer
from teachtext.training.resuming import TrainingRun
from teachtext.training.steps import Batch, batch_similarities, training_step
from tests.support.toy_sets import toy_architecture, toy_set
from tests.support.toy_training import training

TRAINING = training(batch_size=8)


def run_and_batch(architecture):
    data = toy_set(timed=architecture == "MultiModalTransformer")
    torch.manual_seed(0)
    model = build_model(
        toy_architecture(architecture), token_dim=6, max_tokens=2, expert_dims=data.expert_dims
    )
    loss = make_loss(TRAINING, teachers=[])
    run = TrainingRun(model, loss, make_optimizer([model, loss], TRAINING), [])
    videos = np.arange(8)
    return run, Batch(data.caption_batch(2 * videos), data.video_batch(videos), None)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # torch's own
@pytest.mark.skipif(shutil.which("g++") is None, reason="the compiler needs a C++ compiler")
@pytest.mark.parametrize(
    "architecture", ["CollaborativeExperts", "MixtureOfEmbeddingExperts", "MultiModalTransformer"]
)
def test_a_compiled_model_has_the_gradients_of_the_model(architecture):
    run, batch = run_and_batch(architecture)
    before = {name: value.clone() for name, value in run.model.state_dict().items()}
    similarities = compiled_similarities(run, batch, precision="float32")
    for name, value in run.model.state_dict().items():
        assert torch.equal(value, before[name]), name
    training_step(run, batch, similarities, precision="float32")


class Misled(torch.autograd.Function):
    """Right values, wrong gradients."""

    @staticmethod
    def forward(ctx, values):
        return values.clone()

    @staticmethod
    def backward(ctx, gradient):
        return -gradient


def test_wrong_gradients_are_refused(monkeypatch):
    def compile_wrongly(function, *, dynamic):
        return lambda *inputs: Misled.apply(batch_similarities(*inputs))

    monkeypatch.setattr(compiling.torch, "compile", compile_wrongly)
    run, batch = run_and_batch("CollaborativeExperts")
    with pytest.raises(TrainingError, match=r"a wrong gradient.*Set training\.compile: false"):
        compiled_similarities(run, batch, precision="float32")


class CompilerError(Exception):
    """Ends a compilation."""


def test_a_compiler_that_fails_leaves_the_model_as_it_was(monkeypatch):
    def compile_half(function, *, dynamic):
        def failing(*inputs):
            function(*inputs)
            raise CompilerError

        return failing

    monkeypatch.setattr(compiling.torch, "compile", compile_half)
    run, batch = run_and_batch("CollaborativeExperts")
    before = {name: value.clone() for name, value in run.model.state_dict().items()}
    with pytest.raises(CompilerError):
        compiled_similarities(run, batch, precision="float32")
    for name, value in run.model.state_dict().items():
        assert torch.equal(value, before[name]), name
