"""What a GPU computes is what the CPU computes. Skipped where there is none.

``--device cpu`` runs the same on the CPU: a rehearsal that says whether the tests themselves run.
"""

import shutil

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch

from teachtext.cli import run
from teachtext.experts.loading import load_requested
from teachtext.experts.networks.prefetch import sent_ahead
from teachtext.experts.networks.transformers_audio import TransformersAudio
from teachtext.experts.networks.transformers_image import TransformersImage
from teachtext.experts.networks.transformers_objects import TransformersObjects
from teachtext.experts.networks.transformers_video import TransformersVideo
from teachtext.models.retrieval import build_model
from teachtext.runtime.distributed import Processes
from teachtext.text.encoders.transformer import TransformerEncoder
from teachtext.training.compiling import compiled_similarities
from teachtext.training.recipe import make_loss, make_optimizer, make_trainer, train_model
from teachtext.training.resuming import EpochStates, TrainingRun
from teachtext.training.steps import batch_similarities, training_step
from teachtext.video.media import SAMPLE_RATE, Audio
from tests.support.networks import request_of
from tests.support.student_inputs import arguments, write_inputs
from tests.support.tiny_audio_checkpoints import save_ast, save_wav2vec2
from tests.support.tiny_checkpoints import DETECTORS, IMAGE, VIDEOS, build_tiny, tiny_clip
from tests.support.toy_sets import similarities, toy_architecture, toy_set
from tests.support.toy_training import training
from tests.support.toy_tuning import tuned
from tests.support.tunable_checkpoints import tiny_checkpoint

pytestmark = pytest.mark.gpu

MODELS = ["MixtureOfEmbeddingExperts", "CollaborativeExperts", "MultiModalTransformer"]
CLOSE = {"atol": 1e-3, "rtol": 1e-3}
"""Sums in another order; the tiny networks have large weights, which make more of it."""


@pytest.fixture(scope="module")
def device(request):
    chosen = request.config.getoption("--device")
    if chosen == "cuda" and not torch.cuda.is_available():
        pytest.skip("needs a GPU")
    return torch.device(chosen)


@pytest.fixture
def _exact(monkeypatch):
    """Convolutions of float32 in float32: by torch's default they are of TF32, 10 bits."""
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)


def toy_trainer(architecture, device, **changes):
    """A model, its batches, and how it is trained, on a device."""
    data = toy_set(timed=architecture == "MultiModalTransformer")
    settings = training(batch_size=8, **changes)
    torch.manual_seed(0)
    sizes = {"token_dim": 6, "max_tokens": 2, "expert_dims": data.expert_dims}
    model = build_model(toy_architecture(architecture), **sizes).to(device)
    loss = make_loss(settings, teachers=[]).to(device)
    run = TrainingRun(model, loss, make_optimizer([model, loss], settings), [])
    return run, make_trainer(data, {}, settings, seed=0, processes=Processes(0, 1, device))


@pytest.mark.parametrize("family", MODELS)
def test_similarities_are_those_of_the_cpu(device, family):
    data = toy_set(videos=70, per_video=5, timed=family == "MultiModalTransformer")
    torch.manual_seed(0)
    sizes = {"token_dim": data.token_dim, "max_tokens": 9, "expert_dims": data.expert_dims}
    model = build_model(toy_architecture(family), **sizes)
    on_cpu = similarities(model, data)
    np.testing.assert_allclose(similarities(model.to(device), data), on_cpu, atol=1e-4)


def test_frames_arrive_as_they_were_sent(device):
    generator = np.random.default_rng(0)
    blocks = [
        (owner, generator.integers(0, 256, (4, 240, 320, 3), np.uint8)[:, :, :: 1 - owner % 2 * 2])
        for owner in range(40)
    ]
    found = []
    for owner, frames in sent_ahead(blocks, device):
        assert frames.device.type == device.type
        # something to compute, so that copies overtake it if they can
        found.append((owner, frames.double().mul(1).to(torch.uint8)))
    assert [owner for owner, _ in found] == list(range(40))
    for (_, frames), (_, pixels) in zip(found, blocks, strict=True):
        np.testing.assert_array_equal(frames.cpu().numpy(), pixels)


@pytest.mark.usefixtures("_exact")
@pytest.mark.parametrize("family", [*IMAGE, *VIDEOS])
def test_rows_of_frames_are_those_of_the_cpu(device, family, tmp_path):
    build_tiny(tmp_path, family)
    kind = TransformersImage if family in IMAGE else TransformersVideo
    videos = [tiny_clip(9), tiny_clip(0), tiny_clip(3, 80, 50, seed=1)]
    on_cpu, found = (
        kind(fps=2, checkpoint=str(tmp_path), device=name).extract_batch(videos)
        for name in ("cpu", device.type)
    )
    for rows, expected in zip(found, on_cpu, strict=True):
        np.testing.assert_allclose(rows.features_TD, expected.features_TD, **CLOSE)


@pytest.mark.usefixtures("_exact")
@pytest.mark.parametrize("family", DETECTORS)
def test_objects_are_those_of_the_cpu(device, family, tmp_path):
    build_tiny(tmp_path, family)
    on_cpu, found = (
        TransformersObjects(fps=2, checkpoint=str(tmp_path), device=name).extract_batch(
            [tiny_clip(3)]
        )
        for name in ("cpu", device.type)
    )
    assert [piece.text for piece in found[0].recognised] == [
        piece.text for piece in on_cpu[0].recognised
    ]
    np.testing.assert_allclose(found[0].features_TD, on_cpu[0].features_TD, **CLOSE)


@pytest.mark.usefixtures("_exact")
@pytest.mark.parametrize("save", [save_ast, save_wav2vec2])
def test_rows_of_sound_are_those_of_the_cpu(device, save, tmp_path):
    folder = save(tmp_path)
    samples = np.random.default_rng(0).normal(0, 0.1, 3 * SAMPLE_RATE).astype(np.float32)
    on_cpu, found = (
        TransformersAudio(checkpoint=str(folder), device=name).extract_batch([Audio(samples)])
        for name in ("cpu", device.type)
    )
    np.testing.assert_allclose(found[0].features_TD, on_cpu[0].features_TD, **CLOSE)


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_lower_precision_gives_nearly_the_same_rows(device, precision, tmp_path):
    build_tiny(tmp_path, "dinov2")
    load = {"fps": 2, "checkpoint": str(tmp_path)}
    exact, coarse = (
        TransformersImage(**load, precision=name, device=where).extract_batch([tiny_clip(5)])[0]
        for name, where in (("float32", "cpu"), (precision, device.type))
    )
    error = np.abs(coarse.features_TD - exact.features_TD).max()
    assert error < 0.1 * np.abs(exact.features_TD).max()


def test_a_job_picks_the_gpu(device, tmp_path):
    expert = load_requested(request_of("transformers-image", tmp_path), threads=1)
    assert expert.device.type == ("cuda" if torch.cuda.is_available() else "cpu")
    assert expert.extract_batch([tiny_clip(2)])[0].features_TD.shape == (2, 16)


def test_token_vectors_are_those_of_the_cpu(device, tmp_path):
    tiny_checkpoint(tmp_path, "bert")
    captions = ["a cat sleeps", "", "old dog runs", "car"]
    on_cpu, found = (
        TransformerEncoder(checkpoint=str(tmp_path), max_tokens=8, device=name).encode(captions)
        for name in ("cpu", device.type)
    )
    for rows, expected in zip(found, on_cpu, strict=True):
        np.testing.assert_allclose(rows, expected, **CLOSE)


def test_a_text_encoder_is_tuned(device, tmp_path):
    """What is drawn by dropout differs, so that only base weights are compared."""
    tiny_checkpoint(tmp_path / "gpt2", "gpt2")
    alone = Processes(0, 1, device)
    _, history = tuned(tmp_path / "gpt2", tmp_path / "found", processes=alone, epochs=15)
    assert history[-1]["loss"] < 0.8 * history[1]["loss"]
    _, on_cpu = tuned(tmp_path / "gpt2", tmp_path / "on_cpu", epochs=0)
    assert history[0]["held_out_loss"] == pytest.approx(on_cpu[0]["held_out_loss"], rel=1e-3)


@pytest.mark.parametrize("optimizer", ["radam", "ranger", "adamw"])
@pytest.mark.parametrize("architecture", MODELS)
def test_losses_are_those_of_the_cpu(device, architecture, optimizer):
    curves = []
    for where in (torch.device("cpu"), device):
        run, trainer = toy_trainer(architecture, where, optimizer=optimizer, learning_rate=0.01)
        steps = [
            training_step(run, batch, batch_similarities, precision="float32").total
            for epoch in range(6)
            for batch in trainer.batches(epoch)
        ]
        curves.append(torch.stack(steps).tolist())
    assert len(curves[0]) == 12
    assert curves[1] == pytest.approx(curves[0], rel=0.02, abs=1e-4)


class KilledError(Exception):
    """The end of a job."""


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_killed_training_goes_on(device, precision, tmp_path):
    settings = training(batch_size=8, epochs=3, learning_rate=0.01, gpus=1, precision=precision)

    def train(**options):
        alone, states = Processes(0, 1, device), EpochStates(tmp_path, "a")
        inputs = {"architecture": toy_architecture(), "training": settings, "seed": 0}
        data = toy_set()
        return train_model(data, data, {}, **inputs, states=states, processes=alone, **options)

    def kill(row):
        if row["epoch"] == 1:
            raise KilledError

    with pytest.raises(KilledError):
        train(on_epoch=kill)
    trained = train()
    assert [row["epoch"] for row in trained.history] == [0, 1, 2]
    assert trained.history[2]["loss"] < trained.history[0]["loss"]


def test_the_stage_trains(device, tmp_path):
    on_gpu = device.type == "cuda"
    options = {"gpus": int(on_gpu), "precision": "bfloat16" if on_gpu else "float32"}
    write_inputs(tmp_path)
    run("train-student", arguments(tmp_path, **options))
    history = pq.read_table(tmp_path / "model/history.parquet").to_pylist()
    assert [row["epoch"] for row in history] == [0, 1]


@pytest.mark.skipif(shutil.which("g++") is None, reason="the compiler needs a C++ compiler")
@pytest.mark.parametrize("architecture", MODELS)
def test_a_compiled_model_has_the_gradients_of_the_model(device, architecture):
    run, trainer = toy_trainer(architecture, device)
    compiled_similarities(run, next(trainer.batches(0)), precision="float32")
