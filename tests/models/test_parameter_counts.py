"""Numbers of parameters that the authors report for their released models."""

from dataclasses import dataclass

import pytest
import torch

from teachtext.models.retrieval import build_model
from tests.toy_sets import toy_architecture

WIDTHS = {
    "audio": 128,
    "face": 512,
    "i3d": 1024,
    "ocr": 300,
    "r2p1d": 512,
    "r2p1d-kinetics": 512,
    "resnext": 2048,
    "scene": 2208,
    "senet": 2048,
    "speech": 300,
}
SEEN = ["face", "i3d", "ocr", "r2p1d", "resnext", "scene", "senet"]
NINE = [*SEEN, "audio", "speech"]
SHOWN = ["r2p1d", "r2p1d-kinetics", "resnext", "scene", "senet"]
SEVEN = [*SHOWN, "audio", "speech"]
FOUR = ["audio", "r2p1d", "resnext", "scene"]
BERT, GPT2_XL, WORD2VEC = 768, 1600, 300
NARROW_FACE = {"face": 128}


@dataclass(frozen=True)
class Corpus:
    """NetVLAD clusters and longest sequences of a data set, and what is peculiar to it."""

    text_clusters: int
    ghosts: int
    max_tokens: int
    clusters: dict[str, int]
    max_rows: dict[str, int]


def heard(ocr, audio, speech):
    return {"ocr": ocr, "audio": audio, "speech": speech}


MSRVTT = Corpus(28, 1, 37, heard(43, 8, 19), heard(49, 29, 32))
MSRVTT_MOEE = Corpus(50, 2, 19, heard(20, 27, 45), heard(3, 17, 32))
MSVD = Corpus(12, 0, 30, {"ocr": 75}, {"ocr": 30})
DIDEMO = Corpus(8, 0, 48, heard(13, 16, 55), heard(8, 23, 48))
ACTIVITYNET = Corpus(39, 0, 49, heard(44, 6, 100), heard(6, 4, 29))
LSMDC = Corpus(43, 0, 36, heard(30, 3, 5), heard(6, 11, 35))
QUERYD = Corpus(20, 1, 20, {"audio": 16}, {"audio": 29})

CE = {"architecture": "CollaborativeExperts", "shared_dim": 768}
MOEE = {"architecture": "MixtureOfEmbeddingExperts", "shared_dim": None}
CE_WITHOUT_GATING = MOEE | {"shared_dim": 768}

RELEASED = {
    "MSR-VTT CE": (183_448_607, MSRVTT, CE, BERT, NINE, {}),
    "MSR-VTT CE+": (262_731_071, MSRVTT, CE, GPT2_XL, SEVEN, {}),
    "MSR-VTT CE without gating": (181_070_111, MSRVTT, CE_WITHOUT_GATING, BERT, NINE, {}),
    "MSR-VTT MoEE": (400_410_129, MSRVTT_MOEE, MOEE, BERT, NINE, {}),
    "MSR-VTT 1k-B CE": (92_434_235, MSRVTT, CE, WORD2VEC, NINE, NARROW_FACE),
    "MSVD CE": (84_043_645, MSVD, CE, BERT, SEEN, {}),
    "MSVD CE+": (87_791_645, MSVD, CE, GPT2_XL, SHOWN, {}),
    "MSVD MoEE": (131_374_381, MSVD, MOEE, BERT, SEEN, {}),
    "DiDeMo CE": (79_285_025, DIDEMO, CE, BERT, NINE, {}),
    "DiDeMo CE+": (99_513_997, DIDEMO, CE, GPT2_XL, SEVEN, {}),
    "DiDeMo MoEE": (107_257_953, DIDEMO, MOEE, BERT, NINE, {}),
    "LSMDC CE": (116_857_599, LSMDC, CE, WORD2VEC, NINE, NARROW_FACE),
    "LSMDC CE+": (388_242_661, LSMDC, CE, GPT2_XL, SEVEN, {}),
    "LSMDC MoEE": (159_776_655, LSMDC, MOEE, WORD2VEC, NINE, NARROW_FACE),
    "ActivityNet CE": (260_678_403, ACTIVITYNET, CE, BERT, NINE, {}),
    "ActivityNet CE+": (376_019_529, ACTIVITYNET, CE, GPT2_XL, SEVEN, {}),
    "ActivityNet MoEE": (330_415_875, ACTIVITYNET, MOEE, BERT, NINE, {}),
    "QuerYD CE": (30_821_146, QUERYD, CE, WORD2VEC, FOUR, {}),
    "QuerYD MoEE": (57_745_690, QUERYD, MOEE, WORD2VEC, FOUR, {}),
}


def parameters(corpus, family, token_dim, experts, widths, **changes):
    settings = toy_architecture(
        text_clusters=corpus.text_clusters,
        text_ghost_clusters=corpus.ghosts,
        video_clusters={name: k for name, k in corpus.clusters.items() if name in experts},
        max_rows=corpus.max_rows,
        **family | changes,
    )
    with torch.device("meta"):
        model = build_model(
            settings,
            token_dim=token_dim,
            max_tokens=corpus.max_tokens,
            expert_dims={name: (WIDTHS | widths)[name] for name in sorted(experts)},
        )
    return sum(weights.numel() for weights in model.parameters())


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("name", RELEASED)
def test_a_released_model_has_as_many_parameters(name, legacy):
    count, *described = RELEASED[name]
    assert parameters(*described, legacy=legacy) == count


def test_frozen_mixture_weights_are_a_layer_less():
    # the authors' ablation kept the layer without using it; MoEE here has the clusters of CE
    weighing = len(NINE) * 28 * BERT + len(NINE)
    ours = parameters(MSRVTT, MOEE, BERT, NINE, {}, mixture_weights="uniform")
    assert ours + weighing == 246_219_775
