import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from teachtext.denoising.ranks import aggregate_blocks, mean_blocks, place_captions
from teachtext.evaluation.metrics import text_to_video_ranks


@pytest.mark.parametrize(
    ("sims", "rank", "margin", "first", "highest"),
    [
        ([9, 1, 1], 0.0, 8, 0, 9),
        ([2, 1, 5], 1.0, -3, 2, 5),
        ([1, 4, 3], 2.0, -3, 1, 4),
        ([4, 1, 4], 0.5, 0, 2, 4),  # of two equals what ranks first is not the own
    ],
)
def test_a_placement_by_hand(sims, rank, margin, first, highest):
    placed = place_captions([np.array([sims], np.float32)], np.array([0]))
    assert placed.ranks.tolist() == [rank]
    assert placed.own.tolist() == [sims[0]]
    assert placed.margins.tolist() == [margin]
    assert placed.first.tolist() == [first]
    assert placed.highest.tolist() == [highest]


def test_captions_are_ordered_by_rank_then_margin_then_as_they_come():
    sims = np.array([[5, 4], [1, 2], [9, 1], [5, 4], [0, 9]], np.float32)
    placed = place_captions([sims], np.zeros(5, dtype=int))
    assert placed.ranks.tolist() == [0, 1, 0, 0, 1]
    assert placed.order().tolist() == [2, 0, 3, 1, 4]


scores = arrays(np.float32, (12, 5), elements=st.sampled_from([-1.0, 0.0, 0.25, 0.5, 1.0]))


@given(sims=scores, size=st.integers(1, 12))
def test_blocks_place_as_the_whole_matrix(sims, size):
    video = np.arange(12) % 5
    placed = place_captions((sims[begin : begin + size] for begin in range(0, 12, size)), video)
    assert placed.ranks.tolist() == text_to_video_ranks(sims, video).tolist()
    assert placed.highest.tolist() == sims.max(axis=1).tolist()
    assert ((placed.margins > 0) == (placed.ranks == 0)).all()
    assert ((placed.first == video) == (placed.ranks == 0)).all()


@pytest.mark.parametrize(
    ("how", "expected"),
    [("mean", 4), ("min", 1), ("max", 9), ("median", 2), ([0, 1, 1], 5.5)],
)
def test_teachers_are_aggregated_as_students_learn_from_them(how, expected):
    teachers = [[np.full((2, 3), value, np.float32)] * 2 for value in (1, 2, 9)]
    blocks = list(aggregate_blocks(teachers, how))
    assert [block.tolist() for block in blocks] == [[[expected] * 3] * 2] * 2


def test_the_mean_of_seeds_is_taken_block_by_block():
    seeds = [[np.array([[0.0]]), np.array([[1.0]])], [np.array([[2.0]]), np.array([[5.0]])]]
    assert [block.item() for block in mean_blocks(seeds)] == [1, 3]
