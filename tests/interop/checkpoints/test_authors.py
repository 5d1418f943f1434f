"""Our legacy CE and MoEE against results of the authors' code; other tests say what it does."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from teachtext.interop.checkpoints.authors import from_authors, their_keys
from teachtext.models.retrieval import build_model
from teachtext.training.losses import max_margin_ranking_loss
from teachtext.training.optimizers import RAdam
from tests.support.authors_models import ARCHITECTURES, batch, legacy_model, theirs
from tests.support.reference import digest, load_reference, section
from tests.support.toy_sets import toy_architecture

STEPS = {"lr": 1e-2, "weight_decay": 1e-3}
NAMES = pytest.mark.parametrize("name", ARCHITECTURES)


def rms(values):
    return float(np.sqrt(np.mean(np.square(values))))


def differences(arrays, part, ours):
    """Per key of theirs the root mean square of ours minus theirs, and of theirs."""
    whole, digests = section(arrays, f"{part}/"), section(arrays, f"{part}_digest/")
    for key, values in ours.items():
        if key in digests:
            difference = np.abs(digest(f"{part}/{key}", values) - digests[key]).max()
            yield key, float(difference), float(digests[key][0])
        else:
            reference = whole[key].reshape(values.shape)
            yield key, rms(values.numpy() - reference), rms(reference)


def trained(name):
    """A model after one backward pass on the authors' batch, and their arrays."""
    arrays = load_reference(name)
    model = legacy_model(name, section(arrays, "state/")).train()
    sims = model(*batch(arrays, "train"))
    teachers = torch.from_numpy(arrays["train/teacher_sims"])
    losses = {
        "ranking_loss": max_margin_ranking_loss(sims, margin=float(arrays["margin"])),
        "distillation_loss": F.smooth_l1_loss(sims, teachers),
    }
    sum(losses.values()).backward()
    return model, arrays, {"sims": sims.detach(), **{k: v.detach() for k, v in losses.items()}}


@NAMES
def test_similarities_and_losses_of_a_training_batch(name):
    _, arrays, results = trained(name)
    for key, values in results.items():
        np.testing.assert_allclose(values, arrays[f"train/{key}"], rtol=0, atol=1e-5)


@NAMES
def test_gradients(name):
    model, arrays, _ = trained(name)
    for key, weights in model.named_parameters():
        for item, difference, size in differences(arrays, "grad", theirs(model, key, weights.grad)):
            # a bias before a batch norm has no gradient, only rounding
            assert difference <= 1e-4 * size + 1e-7, item


@NAMES
def test_running_statistics_after_a_training_batch(name):
    model, arrays, _ = trained(name)
    for key, values in model.state_dict().items():
        if "running" in key:
            for item, difference, _ in differences(
                arrays, "state_after", theirs(model, key, values)
            ):
                assert difference <= 1e-5, item
        if "num_batches" in key:
            assert values == arrays[f"state_after/{their_keys(key, model.experts)[0]}"], key


@NAMES
def test_weights_and_similarities_after_eight_steps(name):
    model, arrays, _ = trained(name)
    gradients = section(arrays, "grad/")
    for key, weights in model.named_parameters():
        if float(weights.grad.abs().max()) < 1e-6:
            # nothing but rounding, which an adaptive step would make large: theirs, then
            keys = their_keys(key, model.experts)
            weights.grad = torch.cat([torch.from_numpy(gradients[item]) for item in keys])
    optimizer = RAdam(model.parameters(), **STEPS)
    for _ in range(8):
        optimizer.step()
    for key, weights in model.named_parameters():
        ours = theirs(model, key, weights.detach())
        for item, difference, _ in differences(arrays, "state_after", ours):
            assert difference <= 1e-4, item
    with torch.inference_mode():
        sims = model.eval()(*batch(arrays, "eval"))
    np.testing.assert_allclose(sims, arrays["eval/sims"], rtol=0, atol=1e-5)


def first_weights(name="ce"):
    return section(load_reference(name), "state/")


def test_keys_of_layers_that_nobody_uses_are_dropped():
    weights = first_weights()
    legacy_model("ce", weights | {"ce.moe_cg.fc.weight": weights["ce.moe_fc.weight"]})


def test_a_missing_key_is_named():
    weights = first_weights()
    del weights["ce.text_GU.2.fc.bias"]
    with pytest.raises(ValueError, match=r"lacks ce\.text_GU\.2\.fc\.bias\."):
        legacy_model("ce", weights)


def test_an_unknown_key_is_named():
    with pytest.raises(ValueError, match=r"has unknown ce\.new\.weight\."):
        legacy_model("ce", first_weights() | {"ce.new.weight": np.zeros(1, np.float32)})


def test_weights_of_another_family_are_refused():
    with pytest.raises(ValueError, match=r"lacks .*ce\.g_reason_1\.weight"):
        legacy_model("ce", first_weights("moee"))


def test_experts_out_of_alphabetical_order_are_refused():
    model = build_model(
        toy_architecture(), token_dim=4, max_tokens=4, expert_dims={"ocr": 3, "audio": 3}
    )
    with pytest.raises(ValueError, match="alphabetical order: audio, ocr"):
        from_authors({}, model)


def test_a_transformer_has_no_counterpart():
    with pytest.raises(ValueError, match="nothing like 'encoder"):
        their_keys("encoder.layers.0.query.weight", ["audio"])
