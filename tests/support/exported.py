"""Small models on disk, to be exported: one that reads toy captions, one that reads with GloVe."""

import torch
import yaml

from teachtext.config.teachers import ModelSeed
from teachtext.config.training import TrainingSettings
from teachtext.models.checkpoint import ModelCard, save_model
from teachtext.models.retrieval import build_model
from teachtext.store.features import StoreIdentity
from teachtext.store.versions import MADE_BY, stamp
from teachtext.store.weights import model_sha256
from teachtext.text.encoders.registry import load_text_encoder
from tests.support.running import ROOT
from tests.support.toy_sets import DIM, MADE_FROM, TOY_WEIGHTS, toy_architecture

_METRICS = {
    **{"R@1": 20.0, "R@5": 50.0, "R@10": 80.0, "R@50": 100.0},
    **{"MdR": 5.0, "MnR": 7.25, "geometric_mean": 43.09, "queries": 40.0, "gallery": 20.0},
}
SAMPLING = {"fps": 2.0, "text_encoder": {"checkpoint": "/home/somebody/words"}}


def save_toy(results, *, text_encoder="glove", text_weights=TOY_WEIGHTS, token_dim=DIM):
    """The folder of a student of fresh weights, and what it is."""
    torch.manual_seed(0)
    sizes = {"token_dim": token_dim, "max_tokens": 8}
    dims = {"appearance": DIM, "audio": DIM}
    network = build_model(toy_architecture(), **sizes, expert_dims=dims)
    card = ModelCard(
        model="teachtext",
        seed=0,
        section="students",
        architecture=toy_architecture(),
        training=TrainingSettings(**yaml.safe_load((ROOT / "config.yaml").read_text())["training"]),
        text_encoder=text_encoder,
        text_weights=text_weights,
        experts={name: StoreIdentity(name, "toy", DIM, TOY_WEIGHTS, SAMPLING) for name in dims},
        teachers=[ModelSeed("teacher-glove", 0)],
        captions="all",
        train_captions=32,
        train_videos=16,
        best_epoch=3,
        parameters=1000,
        made_from=MADE_FROM,
        **sizes,
    )
    folder = results / "models/teachtext/0"
    save_model(folder, network, card, [{"epoch": 0}])
    return folder, card


def save_glove(results):
    """The same of a model that can read words."""
    encoder = load_text_encoder("glove", max_tokens=8)
    return save_toy(results, text_weights=encoder.weights, token_dim=encoder.dim)


def exported_evaluation(folder=None, **changes):
    """What ``evaluate_model`` writes of it."""
    both = {"t2v": _METRICS, "v2t": {**_METRICS, "R@1": 25.0}}
    made = {MADE_BY: stamp("evaluate_model"), "model_sha256": folder and model_sha256(folder)}
    return {**made, "model": "teachtext", "seed": 0, "test": both, **changes}
