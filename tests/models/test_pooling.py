import pytest
import torch

from teachtext.models.netvlad import NetVLAD, PaddedNetVLAD
from teachtext.models.pooling import FirstPooling, MeanPooling

TOKENS = torch.tensor([[[3.0, 4.0], [1.0, 2.0], [0.0, 0.0]], [[0.0, 0.0]] * 3])
VALID = torch.tensor([[True, True, False], [False, False, False]])


@pytest.mark.parametrize(
    ("pooling", "expected"),
    [(MeanPooling, [[2.0, 3.0], [0.0, 0.0]]), (FirstPooling, [[3.0, 4.0], [0.0, 0.0]])],
)
def test_pooling_by_hand(pooling, expected):
    assert pooling(2)(TOKENS, VALID).tolist() == expected


def test_netvlad_by_hand():
    pool = NetVLAD(dim=2, clusters=1).eval()
    with torch.no_grad():
        pool.centres.zero_()
    tokens = torch.tensor([[[3.0, 4.0], [0.0, 0.0]], [[7.0, 7.0], [7.0, 7.0]]])
    valid = torch.tensor([[True, False], [False, False]])
    torch.testing.assert_close(pool(tokens, valid), torch.tensor([[0.6, 0.8], [0.0, 0.0]]))


def test_ghost_clusters_are_dropped():
    assert NetVLAD(dim=5, clusters=3, ghost_clusters=2).out_dim == 15


@pytest.mark.parametrize("training", [True, False])
def test_netvlad_does_not_see_what_is_not_valid(training):
    pool = NetVLAD(dim=4, clusters=3, ghost_clusters=1).train(training)
    tokens, valid = torch.randn(5, 6, 4), torch.rand(5, 6) > 0.4
    noise = torch.where(valid[..., None], tokens, 100.0)
    torch.testing.assert_close(pool(noise, valid), pool(tokens, valid), rtol=1e-4, atol=1e-5)


def padded_twins(padded_to):
    masked = NetVLAD(4, 3, 1)
    padded = PaddedNetVLAD(4, 3, 1, padded_to=padded_to)
    padded.load_state_dict(masked.state_dict())
    return masked, padded


def test_full_sequences_are_pooled_alike_by_both():
    masked, padded = padded_twins(6)
    tokens, valid = torch.randn(5, 6, 4), torch.ones(5, 6, dtype=torch.bool)
    torch.testing.assert_close(padded(tokens, valid), masked(tokens, valid))


def test_padding_counts_as_tokens_in_the_authors_netvlad():
    masked, padded = padded_twins(6)
    tokens, valid = torch.randn(5, 4, 4), torch.ones(5, 4, dtype=torch.bool)
    zeros = torch.cat([tokens, torch.zeros(5, 2, 4)], dim=1)
    expected = masked(zeros, torch.ones(5, 6, dtype=torch.bool))
    torch.testing.assert_close(padded(tokens, valid), expected)
    assert not torch.allclose(padded(tokens, valid), masked(tokens, valid), atol=1e-3)


def test_sequences_longer_than_the_padding_are_refused():
    _, padded = padded_twins(2)
    with pytest.raises(ValueError, match="3 tokens do not fit a NetVLAD padded to 2"):
        padded(torch.zeros(1, 3, 4), torch.ones(1, 3, dtype=torch.bool))
