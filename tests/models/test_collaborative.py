import pytest
import torch
from torch.nn import functional as F

from teachtext.models.collaborative import (
    CollaborativeGating,
    PairNetwork,
    SequentialCollaborativeGating,
)

AVAILABILITY = pytest.mark.parametrize(
    "available",
    [
        torch.ones(4, 3, dtype=torch.bool),
        torch.tensor([[1, 1, 1], [1, 0, 1], [0, 1, 0], [0, 0, 0]]).bool(),
    ],
)


def naive_gating(gating, embeddings_BMD, available_BM):
    """Every pair concatenated, pushed through the whole network, and summed one by one."""
    videos, experts = available_BM.shape
    pairs = [
        (b, m, n)
        for b in range(videos)
        for m in range(experts)
        for n in range(experts)
        if available_BM[b, m] and available_BM[b, n]
    ]
    rows = [torch.cat([embeddings_BMD[b, m], embeddings_BMD[b, n]]) for b, m, n in pairs]
    network = gating.messages
    hidden = F.mish(network.norms[0](network.pair(torch.stack(rows))))
    messages = network.last(F.mish(network.norms[1](network.middle(hidden))))
    others = torch.zeros_like(embeddings_BMD)
    for (b, m, _), message in zip(pairs, messages, strict=True):
        others[b, m] += message / available_BM[b].sum()
    gated = [
        gate(embeddings_BMD[:, m], others[:, m], available_BM[:, m])
        for m, gate in enumerate(gating.gates)
    ]
    return torch.stack(gated, dim=1)


@AVAILABILITY
@pytest.mark.parametrize("training", [True, False])
def test_gating_is_the_naive_loop_over_pairs(available, training):
    gating = CollaborativeGating(5, 3).train(training)
    embeddings = F.normalize(torch.randn(4, 3, 5), dim=-1)
    expected = naive_gating(gating, embeddings, available)[available]
    gated = gating(embeddings, available)[available]
    torch.testing.assert_close(gated, expected, rtol=1e-4, atol=1e-5)


def test_one_expert_alone_gates_itself():
    embeddings = F.normalize(torch.randn(4, 1, 5), dim=-1)
    available = torch.ones(4, 1, dtype=torch.bool)
    gating, legacy = CollaborativeGating(5, 1), SequentialCollaborativeGating(5, 1)
    legacy.load_state_dict(gating.state_dict())
    torch.testing.assert_close(gating(embeddings, available), legacy(embeddings, available))


def test_the_first_expert_is_gated_alike_by_both():
    embeddings = F.normalize(torch.randn(4, 3, 5), dim=-1)
    available = torch.ones(4, 3, dtype=torch.bool)
    gating, legacy = CollaborativeGating(5, 3).eval(), SequentialCollaborativeGating(5, 3).eval()
    legacy.load_state_dict(gating.state_dict())
    ours, theirs = gating(embeddings, available), legacy(embeddings, available)
    torch.testing.assert_close(ours[:, 0], theirs[:, 0])
    assert not torch.allclose(ours[:, 1:], theirs[:, 1:], atol=1e-4)


def test_legacy_normalises_each_ordered_pair_by_itself():
    legacy = SequentialCollaborativeGating(5, 3)
    legacy(torch.randn(4, 3, 5), torch.ones(4, 3, dtype=torch.bool))
    assert [int(norm.num_batches_tracked) for norm in legacy.messages.norms] == [9, 9]


def test_a_message_depends_on_who_listens():
    network = PairNetwork(4).eval()
    one, other = torch.randn(1, 4), torch.randn(1, 4)
    assert not torch.allclose(network(one, other), network(other, one))
