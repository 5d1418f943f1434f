import torch
from hypothesis import given
from hypothesis import strategies as st

from teachtext.models.similarity import (
    CaptionEmbeddings,
    VideoEmbeddings,
    full_mixture_similarity,
    mixture_similarity,
)

CAPTIONS = CaptionEmbeddings(
    [torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 1.0]])], torch.tensor([[0.25, 0.75]])
)
VIDEOS = VideoEmbeddings(
    [torch.tensor([[1.0, 0.0]] * 3), torch.tensor([[0.0, -1.0]] * 3)],
    torch.tensor([[True, True], [True, False], [False, False]]),
)


def test_similarity_is_renormalised_over_available_experts():
    assert mixture_similarity(CAPTIONS, VIDEOS).tolist() == [[-0.5, 1.0, -1.0]]


def test_missing_experts_may_keep_their_weight():
    assert full_mixture_similarity(CAPTIONS, VIDEOS).tolist() == [[-0.5, -0.5, -1.0]]


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=6))
def test_equal_embeddings_are_alike_whatever_is_missing(available):
    ones = torch.ones(len(available), 1)
    captions = CaptionEmbeddings([ones, ones], torch.rand(len(available), 2).softmax(dim=1))
    sims = mixture_similarity(captions, VideoEmbeddings([ones, ones], torch.tensor(available)))
    expected = torch.tensor([1.0 if any(row) else -1.0 for row in available])
    torch.testing.assert_close(sims, expected.expand_as(sims))


def test_similarity_is_the_naive_sum():
    captions = CaptionEmbeddings(
        [torch.randn(4, 3), torch.randn(4, 5)], torch.rand(4, 2).softmax(dim=1)
    )
    available = torch.tensor([[True, True], [False, True]])
    videos = VideoEmbeddings([torch.randn(2, 3), torch.randn(2, 5)], available)
    sims = mixture_similarity(captions, videos)
    for q, weights in enumerate(captions.weights_QM):
        for g, present in enumerate(available):
            shares = weights * present / (weights * present).sum()
            cosines = [
                caption[q] @ video[g]
                for caption, video in zip(captions.by_expert, videos.by_expert, strict=True)
            ]
            torch.testing.assert_close(sims[q, g], shares @ torch.stack(cosines))
