"""Numbers of parameters that the authors report for their released models."""

import functools

import pytest
import torch

from teachtext.models.retrieval import build_model
from tests.support.configurations import laid_over, on_authors_features

WIDTHS = {
    "antoine-rgb": 2048,
    "audio": 128,
    "face": 512,
    "flow": 1024,
    "i3d.i3d.0": 1024,
    "imagenet.resnext101_32x48d.0": 2048,
    "imagenet.senet154.0": 2048,
    "ocr": 300,
    "r2p1d.r2p1d-ig65m-kinetics.0": 512,
    "r2p1d.r2p1d-ig65m.0": 512,
    "scene.densenet161.0": 2208,
    "speech": 300,
}
NARROW_FACES = ("msrvtt-1kb", "lsmdc")
TOKEN_DIMS = {
    "w2v": 300,
    "openai": 768,
    "openai-19": 768,
    "gpt2-xl": 1600,
    "gpt2-xl-finetune": 1600,
}

RELEASED = [
    ("msrvtt-full", "ce", 183_448_607),
    ("msrvtt-full", "tt-ce", 183_448_607),
    ("msrvtt-full", "ce-plus", 262_731_071),
    ("msrvtt-full", "tt-ce-plus", 262_731_071),
    ("msrvtt-full", "moee", 400_410_129),
    ("msrvtt-1kb", "ce", 92_434_235),
    ("msvd", "ce", 84_043_645),
    ("msvd", "ce-plus", 87_791_645),
    ("msvd", "moee", 131_374_381),
    ("didemo", "ce", 79_285_025),
    ("didemo", "ce-plus", 99_513_997),
    ("didemo", "moee", 107_257_953),
    ("lsmdc", "ce", 116_857_599),
    ("lsmdc", "ce-plus", 388_242_661),
    ("lsmdc", "moee", 159_776_655),
    ("activitynet", "ce", 260_678_403),
    ("activitynet", "ce-plus", 376_019_529),
    ("activitynet", "moee", 330_415_875),
    ("queryd", "ce", 30_821_146),
    ("queryd", "moee", 57_745_690),
]
MOEE = {"architecture": "MixtureOfEmbeddingExperts"}
configuration = functools.cache(lambda benchmark: laid_over(*on_authors_features(benchmark)))


def parameters(benchmark, model_name, **changes):
    config = configuration(benchmark)
    widths = WIDTHS | ({"face": 128} if benchmark in NARROW_FACES else {})
    encoder = config.text_encoder_of(model_name)
    with torch.device("meta"):
        model = build_model(
            config.architecture_of(model_name).model_copy(update=changes),
            token_dim=TOKEN_DIMS[encoder],
            max_tokens=config.text[encoder].max_tokens,
            expert_dims={name: widths[name] for name in config.experts_of(model_name)},
        )
    return sum(weights.numel() for weights in model.parameters())


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize(("benchmark", "model_name", "count"), RELEASED)
def test_a_released_model_has_as_many_parameters(benchmark, model_name, count, legacy):
    assert parameters(benchmark, model_name, legacy=legacy) == count


def test_gating_has_parameters_of_its_own():
    assert parameters("msrvtt-full", "ce", **MOEE) == 181_070_111


def test_frozen_mixture_weights_are_a_layer_less():
    # the authors' ablation kept the layer without using it; MoEE here has the clusters of CE
    weighing = 9 * 28 * TOKEN_DIMS["openai"] + 9
    ours = parameters("msrvtt-full", "ce", **MOEE, shared_dim=None, mixture_weights="uniform")
    assert ours + weighing == 246_219_775
