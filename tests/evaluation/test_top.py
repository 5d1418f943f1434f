import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from teachtext.evaluation.top import top_results

SCORES = arrays(
    np.float32,
    array_shapes(min_dims=2, max_dims=2, max_side=8),
    elements=st.sampled_from([0, 0.25, 0.5, 1]),
)


def sorted_results(scores, top):
    order = np.argsort(-scores, axis=1, kind="stable")[:, :top]
    return order.tolist(), np.take_along_axis(scores, order, axis=1).tolist()


def places(scores):
    return np.arange(scores.shape[1])[None]


@given(SCORES, st.integers(1, 9))
def test_the_best_equal_a_full_sort_with_the_lowest_index_first(scores, top):
    found = top_results(scores, top, indices_QG=places(scores))
    assert (found.indices_QK.tolist(), found.scores_QK.tolist()) == sorted_results(scores, top)


@given(SCORES, st.integers(1, 9), st.integers(0, 8))
def test_the_best_of_two_parts_are_the_best_of_the_whole(scores, top, cut):
    indices = places(scores)
    earlier = top_results(scores[:, :cut], top, indices_QG=indices[:, :cut])
    later = top_results(scores[:, cut:], top, indices_QG=indices[:, cut:])
    found = earlier.merged(later, top)
    assert (found.indices_QK.tolist(), found.scores_QK.tolist()) == sorted_results(scores, top)


def test_results_are_named():
    scores = np.array([[0.5, 1, 0.25]], np.float32)
    columns = top_results(scores, 2, indices_QG=places(scores)).columns(["x", "y", "z"])
    assert columns["top"].to_pylist() == [["y", "x"]]
    assert columns["top_similarities"].to_pylist() == [[1, 0.5]]
