import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from teachtext.evaluation import significance
from teachtext.evaluation.metrics import geometric_mean, recall_at
from teachtext.evaluation.significance import difference, resample

OWN_VIDEO = np.arange(4)
"""One caption per video."""


def resampled(ranks, video_Q=OWN_VIDEO, *, samples=200, seed=0):
    generator = np.random.default_rng(seed)
    arrays = {model: np.array(rows, dtype=np.float64) for model, rows in ranks.items()}
    return resample(arrays, video_Q, samples=samples, generator=generator)


def compared(ranks, video_Q=OWN_VIDEO, metric="R@1", **arguments):
    found = resampled(ranks, video_Q, **arguments)
    return difference(found["model"], found["reference"], metric)


def test_a_model_that_is_right_where_the_other_is_wrong_is_always_above():
    found = compared({"model": [[0, 0, 0, 0]], "reference": [[99, 99, 99, 99]]}, samples=999)
    assert (found.value, found.low, found.high) == (100, 100, 100)
    assert found.p_value == pytest.approx(2 / 1000)


def test_a_model_does_not_differ_from_itself():
    found = compared({"model": [[0, 7, 3, 99]], "reference": [[0, 7, 3, 99]]})
    assert (found.value, found.low, found.high, found.p_value) == (0, 0, 0, 1)


def test_one_hit_more_among_four_may_be_chance():
    """Three of four draws of four videos hold the one that differs: 1 - (3/4)^4 = 68 %."""
    found = compared({"model": [[0, 0, 9, 9]], "reference": [[0, 9, 9, 9]]}, samples=20_000)
    assert (found.value, found.low, found.high) == (25, 0, 75)
    assert found.p_value == pytest.approx(2 * 0.75**4, abs=0.02)


def test_the_other_way_round_has_the_other_sign():
    ranks = {"model": [[0, 3, 9, 20]], "reference": [[0, 0, 2, 20]]}
    there = compared(ranks, metric="geometric_mean")
    back = compared(
        dict(zip(ranks, reversed(ranks.values()), strict=True)), metric="geometric_mean"
    )
    assert (back.value, back.p_value) == (-there.value, there.p_value)
    assert (back.low, back.high) == pytest.approx((-there.high, -there.low))


def test_captions_of_one_video_are_drawn_together():
    """Two videos of 50 captions: a draw has both of them or one of them twice, nothing between."""
    video_Q = np.repeat([0, 1], 50)
    found = resampled({"model": [[0] * 50 + [9] * 50]}, video_Q)
    assert set(found["model"].resampled["R@1"]) == {0, 50, 100}


def test_metrics_of_seeds_are_averaged():
    found = resampled({"model": [[0, 0, 0, 0], [0, 7, 7, 7]]})["model"]
    assert found.observed["R@1"] == (100 + 25) / 2
    assert found.observed["geometric_mean"] == pytest.approx((100 + (25 * 25 * 100) ** (1 / 3)) / 2)


def test_a_tie_for_the_first_place_is_no_hit():
    assert resampled({"model": [[0.5, 0.5, 0, 0]]})["model"].observed["R@1"] == 50


def naive(ranks_SQ, video_Q, draws):
    """The geometric mean of each draw, caption by caption."""
    means = []
    for drawn in draws:
        queries = np.concatenate([np.flatnonzero(video_Q == video) for video in drawn])
        means.append(np.mean([geometric_mean(ranks_Q[queries]) for ranks_Q in ranks_SQ]))
    return means


@given(st.integers(0, 2**32), st.integers(1, 3), st.sampled_from([1, 20, 2**20]))
@settings(max_examples=30)
def test_counts_equal_drawing_caption_by_caption(seed, seeds, draws_at_once):
    random = np.random.default_rng(seed)
    video_Q = np.concatenate([np.arange(5), random.integers(5, size=7)])
    ranks_SQ = random.integers(15, size=(seeds, 12)).astype(np.float64)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(significance, "DRAWS", draws_at_once)
        found = resampled({"model": ranks_SQ}, video_Q, samples=6, seed=seed)["model"]
    generator, rows = np.random.default_rng(seed), max(1, draws_at_once // 5)
    sizes = [min(rows, 6 - begin) for begin in range(0, 6, rows)]
    draws = np.concatenate([generator.integers(5, size=(n, 5), dtype=np.int32) for n in sizes])
    expected = naive(ranks_SQ, video_Q, draws)
    assert found.resampled["geometric_mean"].tolist() == pytest.approx(expected)
    observed = [recall_at(5, ranks_Q) for ranks_Q in ranks_SQ]
    assert found.observed["R@5"] == pytest.approx(np.mean(observed))


def test_the_interval_of_equal_models_covers_zero_in_95_of_100_test_sets():
    """Both models find 40 % of the videos, each its own ones; captions of a video go together."""
    video_Q = np.repeat(np.arange(150), 2)
    random, covered = np.random.default_rng(0), 0
    for seed in range(300):
        found = np.repeat(random.random((2, 150)) < 0.4, 2, axis=1)
        ranks = {"model": [np.where(found[0], 0, 9)], "reference": [np.where(found[1], 0, 9)]}
        interval = compared(ranks, video_Q, samples=300, seed=seed)
        covered += interval.low <= 0 <= interval.high
    assert 0.92 <= covered / 300 <= 0.98
