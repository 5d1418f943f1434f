import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from teachtext.metrics import (
    geometric_mean,
    match_ranks,
    summarize,
    text_to_video_ranks,
    video_to_text_ranks,
)


@pytest.mark.parametrize(
    ("scores", "rank"), [([9, 1, 1], 0.0), ([1, 9, 5], 2.0), ([5, 5, 1], 0.5), ([3, 3, 3], 1.0)]
)
def test_match_ranks_by_hand(scores, rank):
    assert match_ranks(np.array([scores]), np.array([0])) == rank


CASE_A = np.array(
    [[0.9, 0.1, 0.3], [0.2, 0.8, 0.1], [0.5, 0.5, 0.1], [0.1, 0.7, 0.9], [0.3, 0.2, 0.3]]
)


def test_authors_case_a():
    video = np.array([0, 0, 1, 1, 2])
    t2v = summarize(text_to_video_ranks(CASE_A, video), gallery=3)
    v2t = summarize(video_to_text_ranks(CASE_A, video), gallery=5)
    assert t2v["R@1"] == pytest.approx(20)
    assert (t2v["MdR"], t2v["MnR"]) == (1.5, 1.6)
    assert t2v["geometric_mean"] == pytest.approx(58.48035476)
    assert v2t["R@1"] == pytest.approx(33.33333333)
    assert v2t["MnR"] == pytest.approx(1.83333333)
    assert v2t["geometric_mean"] == pytest.approx(69.33612744)


def test_authors_case_c_all_tied():
    video = np.repeat(np.arange(4), 3)
    zeros = np.zeros((12, 4))
    assert summarize(text_to_video_ranks(zeros, video), gallery=4)["MnR"] == 2.5
    v2t = summarize(video_to_text_ranks(zeros, video), gallery=12)
    assert (v2t["R@5"], v2t["R@10"], v2t["MdR"]) == (0, 100, 6.5)


def test_authors_case_d_masked_caption():
    sims = np.random.RandomState(0).randn(20, 10)
    keep = np.arange(20) != 7
    video = np.repeat(np.arange(10), 2)[keep]
    t2v = summarize(text_to_video_ranks(sims[keep], video), gallery=10)
    v2t = summarize(video_to_text_ranks(sims[keep], video), gallery=19)
    assert t2v["geometric_mean"] == pytest.approx(38.12187602)
    assert v2t["geometric_mean"] == pytest.approx(45.78856970)


def test_geometric_mean_is_zero_without_a_hit():
    assert geometric_mean(np.array([3.0, 4.0])) == 0


@given(arrays(np.int8, (5, 7), elements=st.integers(0, 3)), st.integers(0, 6))
def test_ranks_equal_the_naive_definition(scores, own):
    ranks = match_ranks(scores, np.full(5, own))
    for row, rank in zip(scores, ranks, strict=True):
        positions = [i for i, s in enumerate(sorted(row, reverse=True)) if s == row[own]]
        assert rank == np.mean(positions)


def test_a_video_without_captions_is_refused():
    with pytest.raises(ValueError, match="Video 1"):
        video_to_text_ranks(np.zeros((1, 2)), np.array([0]))
