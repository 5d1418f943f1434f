import numpy as np
import pytest
import torch
from torch.nn import functional as F

from teachtext.models.sequences import Sequences
from teachtext.models.transformer import Encoder
from tests.support.authors_models import tensors, within
from tests.support.authors_transformer import TRANSFORMER_DIMS, transformer_model
from tests.support.reference import load_reference
from tests.support.toy_batches import rows, toy_batch, toy_family

ARRAYS = load_reference("mmt")


def reference_batch():
    given = tensors(ARRAYS)
    tokens = Sequences(given["text_cls"][:, None], torch.ones(6, 1, dtype=torch.bool))
    videos = {}
    for expert in TRANSFORMER_DIMS:
        values = given[f"features/{expert}"]
        valid = within(values, given[f"n_tokens/{expert}"])
        videos[expert] = Sequences(values, valid, given[f"seconds/{expert}"])
    return tokens, videos


@torch.inference_mode()
def test_embeddings_weights_and_similarities_of_the_authors_code():
    model = transformer_model(ARRAYS).eval()
    tokens, videos = reference_batch()
    captions, gallery = model.encode_captions(tokens), model.encode_videos(videos)
    results = {
        "vid_embds": torch.stack(list(gallery.by_expert), dim=1),
        "text_embds": torch.stack(list(captions.by_expert), dim=1)[:, :, None],
        "text_weights": captions.weights_QM[:, None],
        "sims": model(tokens, videos),
    }
    for key, values in results.items():
        np.testing.assert_allclose(values, ARRAYS[key], rtol=0, atol=1e-5, err_msg=key)


def test_the_last_layer_computes_what_is_wanted_as_if_it_computed_all():
    encoder = Encoder(8, layers=2, heads=2, feed_forward_dim=12, dropout=0.0)
    tokens, present = torch.randn(3, 6, 8), torch.rand(3, 6) > 0.3
    present[:, 0] = True
    everything = encoder(tokens, present, wanted=6)
    torch.testing.assert_close(encoder(tokens, present, wanted=2), everything[:, :2])


def test_a_layer_is_that_of_torch():
    ours = Encoder(8, layers=1, heads=2, feed_forward_dim=12, dropout=0.0)
    torchs = torch.nn.TransformerEncoderLayer(
        8, 2, 12, 0.0, F.gelu, layer_norm_eps=1e-12, batch_first=True
    )
    layer = ours.layers[0]
    inputs = [layer.query, layer.key, layer.value]
    with torch.no_grad():
        torchs.self_attn.in_proj_weight.copy_(torch.cat([part.weight for part in inputs]))
        torchs.self_attn.in_proj_bias.copy_(torch.cat([part.bias for part in inputs]))
    torchs.self_attn.out_proj.load_state_dict(layer.attended.state_dict())
    torchs.linear1.load_state_dict(layer.widen.state_dict())
    torchs.linear2.load_state_dict(layer.narrow.state_dict())
    tokens, present = torch.randn(3, 5, 8), torch.tensor([[True] * 4 + [False]] * 3)
    expected = torchs(tokens, src_key_padding_mask=~present)
    torch.testing.assert_close(ours(tokens, present, wanted=5), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("seconds", "same"), [(3.0, True), (99.0, True), (2.9, False)])
def test_rows_after_the_last_position_share_it(seconds, same):
    model = toy_family("MMT").eval()
    _, videos = toy_batch()
    at = {
        when: model.encode_videos(
            videos | {"audio": Sequences(*_untimed(videos["audio"]), torch.full((5, 1), when))}
        ).by_expert[0]
        for when in (seconds, 3.5)
    }
    assert torch.equal(at[seconds], at[3.5]) == same


def _untimed(item):
    return item.values_BND, item.valid_BN


def test_experts_hear_each_other():
    model = toy_family("MMT").eval()
    _, videos = toy_batch()
    changed = videos | {"speech": rows(videos["speech"].valid_BN, 5)}
    before, after = (model.encode_videos(given).by_expert[0] for given in (videos, changed))
    assert not torch.allclose(before[0], after[0], atol=1e-5)
    # video 1 has no speech
    torch.testing.assert_close(before[1], after[1])


def test_no_rows_at_all_are_an_expert_that_found_nothing():
    model = toy_family("MMT").eval()
    _, videos = toy_batch()
    nothing = rows(torch.zeros(5, 0, dtype=torch.bool), 5)
    padding = rows(torch.zeros(5, 3, dtype=torch.bool), 5)
    left, right = (model.encode_videos(videos | {"speech": given}) for given in (nothing, padding))
    torch.testing.assert_close(list(left.by_expert), list(right.by_expert))


def test_a_batch_without_times_is_refused():
    _, videos = toy_batch()
    with pytest.raises(ValueError, match="when rows start"):
        toy_family("MMT").encode_videos(
            {name: Sequences(*_untimed(item)) for name, item in videos.items()}
        )
