import pytest
import torch

from teachtext.models.netvlad import NetVLAD
from teachtext.models.norm import MaskedBatchNorm
from teachtext.models.retrieval import CollaborativeExperts, MixtureOfEmbeddingExperts
from teachtext.models.sequences import Sequences
from teachtext.models.similarity import CaptionEmbeddings, VideoEmbeddings, mixture_similarity

DIMS = {"appearance": 6, "audio": 4, "speech": 5}
SIZES = {
    "token_dim": 8,
    "expert_dims": DIMS,
    "text_clusters": 3,
    "text_ghost_clusters": 1,
    "video_clusters": {"speech": 2},
}
FAMILIES = {
    "MoEE": lambda dims=DIMS: MixtureOfEmbeddingExperts(**{**SIZES, "expert_dims": dims}),
    "CE": lambda dims=DIMS: CollaborativeExperts(shared_dim=7, **{**SIZES, "expert_dims": dims}),
}


def sequences(batch, length, dim, valid=None):
    mask = torch.ones(batch, length, dtype=torch.bool) if valid is None else valid
    return Sequences(torch.randn(batch, length, dim) * mask[..., None], mask)


def batch(videos=5):
    torch.manual_seed(0)
    missing = torch.ones(videos, 3, dtype=torch.bool)
    missing[1] = False
    return sequences(videos, 4, 8), {
        "appearance": sequences(videos, 2, 6),
        "audio": sequences(videos, 3, 4, missing),
        "speech": sequences(videos, 3, 5),
    }


def padded(item, extra):
    return Sequences(
        torch.nn.functional.pad(item.values_BND, (0, 0, 0, extra)),
        torch.nn.functional.pad(item.valid_BN, (0, extra)),
    )


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("training", [True, False])
def test_padding_changes_nothing(family, training):
    model = FAMILIES[family]().train(training)
    tokens, videos = batch()
    expected = model(tokens, videos)
    longer = model(padded(tokens, 3), {name: padded(item, 2) for name, item in videos.items()})
    torch.testing.assert_close(longer, expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("family", FAMILIES)
def test_features_of_a_missing_expert_change_nothing(family):
    model = FAMILIES[family]().train()
    tokens, videos = batch()
    expected = model(tokens, videos)
    audio = videos["audio"]
    noise = torch.where(audio.valid_BN[..., None], audio.values_BND, torch.tensor(9.0))
    changed = model(tokens, {**videos, "audio": Sequences(noise, audio.valid_BN)})
    torch.testing.assert_close(changed, expected, atol=1e-5, rtol=1e-5)


def test_the_order_of_experts_means_nothing_to_gating():
    model = FAMILIES["CE"]().eval()
    embeddings, available = torch.randn(4, 3, 7), torch.rand(4, 3) > 0.3
    order = torch.tensor([2, 0, 1])
    expected = model.gating(embeddings, available)
    model.gating.gates = torch.nn.ModuleList(model.gating.gates[i] for i in order)
    torch.testing.assert_close(
        model.gating(embeddings[:, order], available[:, order]), expected[:, order]
    )


@pytest.mark.parametrize("family", FAMILIES)
def test_similarities_are_between_minus_one_and_one_and_learn(family):
    model = FAMILIES[family]().train()
    tokens, videos = batch()
    sims = model(tokens, videos)
    assert sims.shape == (5, 5)
    assert sims.abs().max() <= 1 + 1e-5
    sims.sum().backward()
    unused = [name for name, p in model.named_parameters() if p.grad is None]
    assert unused == []


def test_similarity_is_renormalised_over_available_experts():
    captions = CaptionEmbeddings(
        [torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 1.0]])], torch.tensor([[0.25, 0.75]])
    )
    videos = VideoEmbeddings(
        [torch.tensor([[1.0, 0.0]] * 3), torch.tensor([[0.0, -1.0]] * 3)],
        torch.tensor([[True, True], [True, False], [False, False]]),
    )
    assert mixture_similarity(captions, videos).tolist() == [[-0.5, 1.0, -1.0]]


def test_netvlad_by_hand():
    pool = NetVLAD(dim=2, clusters=1).eval()
    with torch.no_grad():
        pool.centres.zero_()
    tokens = torch.tensor([[[3.0, 4.0], [0.0, 0.0]], [[7.0, 7.0], [7.0, 7.0]]])
    valid = torch.tensor([[True, False], [False, False]])
    torch.testing.assert_close(pool(tokens, valid), torch.tensor([[0.6, 0.8], [0.0, 0.0]]))


def test_ghost_clusters_are_dropped():
    assert NetVLAD(dim=5, clusters=3, ghost_clusters=2).out_dim == 15


def test_one_valid_row_trains_without_variance():
    norm = MaskedBatchNorm(3).train()
    rows = torch.randn(2, 3)
    out = norm(rows, torch.tensor([True, False]))
    assert torch.isfinite(out).all()
    assert (out[1] == 0).all()
