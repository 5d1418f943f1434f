import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from teachtext.evaluation.metrics import text_to_video_ranks, video_to_text_ranks
from teachtext.evaluation.normalization import dual_softmax_ranks, query_bank_ranks, read_bank

OWNERS = np.array([0, 0, 1, 2, 3, 3])


@st.composite
def matrices(draw):
    """Videos 2 and 3 are the same, and so are captions 1 and 2."""
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    sims = random.uniform(-1, 1, (5, 3)).astype(np.float32)
    return sims[[0, 1, 1, 2, 3, 4]][:, [0, 1, 2, 2]]


def in_blocks(matrix, size=2):
    return lambda: (matrix[begin : begin + size] for begin in range(0, len(matrix), size))


def bank_of(matrix, *, inverse_temperature=20.0, top=1):
    blocks = in_blocks(matrix)()
    return read_bank(
        blocks, videos=matrix.shape[1], inverse_temperature=inverse_temperature, top=top
    )


def softmax(matrix, axis):
    exponentials = np.exp(matrix)
    return exponentials / exponentials.sum(axis=axis, keepdims=True)


def inverted_softmax(sims, bank, *, inverse_temperature, top):
    """The same, at once, with exponentials instead of logarithms."""
    hubs = np.argsort(-bank, axis=1, kind="stable")[:, :top]
    sums = np.exp(inverse_temperature * bank.astype(np.float64)).sum(axis=0)
    scores = sims.astype(np.float64)
    for row, best in enumerate(sims.argmax(axis=1)):
        if best in hubs:
            scores[row] = np.exp(inverse_temperature * scores[row]) / sums
    return scores


@given(matrices(), matrices(), st.integers(1, 4))
def test_qb_norm_equals_the_whole_matrix(sims, bank, top):
    expected = inverted_softmax(sims, bank, inverse_temperature=2.0, top=top)
    found = query_bank_ranks(
        in_blocks(sims), OWNERS, bank_of(bank, inverse_temperature=2.0, top=top)
    )
    assert found.tolist() == text_to_video_ranks(expected, OWNERS).tolist()


@given(matrices())
def test_dual_softmax_equals_the_whole_matrix(sims):
    exact = sims.astype(np.float64)
    t2v, v2t = dual_softmax_ranks(in_blocks(sims), OWNERS, videos=4, inverse_temperature=2.0)
    of_captions, of_videos = (exact * softmax(2.0 * exact, axis) for axis in (0, 1))
    assert t2v.tolist() == text_to_video_ranks(of_captions, OWNERS).tolist()
    assert v2t.tolist() == video_to_text_ranks(of_videos, OWNERS).tolist()


def test_a_hub_of_the_bank_stands_back():
    """Every caption of the bank finds video 0, and so does the query, by a little."""
    bank = bank_of(np.array([[0.9, 0.1], [0.9, 0.2]], np.float32))
    query = np.array([[0.6, 0.5]], np.float32)
    assert text_to_video_ranks(query, np.array([1])) == 1
    assert query_bank_ranks(in_blocks(query), np.array([1]), bank) == 0


def test_a_query_whose_best_video_no_caption_of_the_bank_finds_stays():
    bank = bank_of(np.array([[0.9, 0.8], [0.9, 0.8]], np.float32))
    assert bank.activated_G.tolist() == [True, False]
    query = np.array([[0.5, 0.51]], np.float32)
    assert query_bank_ranks(in_blocks(query), np.array([0]), bank) == 1


def test_videos_with_equal_columns_stay_tied():
    sims = np.array([[0.3, 0.7, 0.7], [0.1, 0.2, 0.2], [0.9, 0.4, 0.4]], np.float32)
    owners = np.array([1, 2, 0])
    assert query_bank_ranks(in_blocks(sims), owners, bank_of(sims))[0] == 0.5
    t2v, _ = dual_softmax_ranks(in_blocks(sims), owners, videos=3, inverse_temperature=20)
    assert t2v[:2].tolist() == [0.5, 0.5]


def test_dual_softmax_gives_a_video_to_the_caption_that_wants_it_most():
    """Both captions find video 0; the second one wants it more, so the first gets video 1."""
    sims = np.array([[0.8, 0.7], [0.9, 0.1]], np.float32)
    assert text_to_video_ranks(sims, np.array([1, 0])).tolist() == [1, 0]
    t2v, v2t = dual_softmax_ranks(
        in_blocks(sims), np.array([1, 0]), videos=2, inverse_temperature=20
    )
    assert (t2v.tolist(), v2t.tolist()) == ([0, 0], [0, 0])


@pytest.mark.parametrize("inverse_temperature", [1e-3, 1e5])
def test_no_inverse_temperature_overflows(inverse_temperature):
    sims = np.array([[1, -1], [-1, 1]], np.float32)
    bank = bank_of(sims, inverse_temperature=inverse_temperature)
    owners = np.array([0, 1])
    assert query_bank_ranks(in_blocks(sims), owners, bank).tolist() == [0, 0]
    t2v, _ = dual_softmax_ranks(
        in_blocks(sims), owners, videos=2, inverse_temperature=inverse_temperature
    )
    assert t2v.tolist() == [0, 0]
