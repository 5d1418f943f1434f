import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from teachtext.evaluation.metrics import (
    geometric_mean,
    summarize_ranks,
    text_to_video_ranks,
    video_to_text_ranks,
)
from tests.support.reference import FOLDER

NAMES = {"R1": "R@1", "R5": "R@5", "R10": "R@10", "R50": "R@50", "MedR": "MdR", "MeanR": "MnR",
         "geometric_mean_R1-R5-R10": "geometric_mean"}  # fmt: skip
"""The authors' names -> ours."""


@pytest.mark.parametrize(
    ("scores", "rank"), [([9, 1, 1], 0.0), ([1, 9, 5], 2.0), ([5, 5, 1], 0.5), ([3, 3, 3], 1.0)]
)
def test_ranks_by_hand(scores, rank):
    row = np.array([scores])
    assert text_to_video_ranks(row, np.array([0])) == rank
    column, owners = row.T, np.array([0, 1, 2])
    assert video_to_text_ranks(np.repeat(column, 3, axis=1), owners)[0] == rank


@pytest.mark.parametrize("case", json.loads((FOLDER / "metrics.json").read_text()))
def test_metrics_equal_the_authors(case):
    """Six matrices with missing captions and ties; `FOLDER` has what they found."""
    arrays_of = np.load(FOLDER / "metrics.npz")
    valid = arrays_of[f"{case['case']}/valid"]
    sims = arrays_of[f"{case['case']}/sims"][valid.ravel()]
    video = np.repeat(np.arange(len(valid)), valid.sum(axis=1))
    ranks = {"t2v": text_to_video_ranks(sims, video), "v2t": video_to_text_ranks(sims, video)}
    for direction, found in ranks.items():
        summary = summarize_ranks(found, gallery=1)
        for theirs, ours in NAMES.items():
            assert summary[ours] == pytest.approx(case[direction][theirs], abs=1e-9)


CASE_A = np.array(
    [[0.9, 0.1, 0.3], [0.2, 0.8, 0.1], [0.5, 0.5, 0.1], [0.1, 0.7, 0.9], [0.3, 0.2, 0.3]]
)


def test_authors_case_a():
    video = np.array([0, 0, 1, 1, 2])
    t2v = summarize_ranks(text_to_video_ranks(CASE_A, video), gallery=3)
    v2t = summarize_ranks(video_to_text_ranks(CASE_A, video), gallery=5)
    assert t2v["R@1"] == pytest.approx(20)
    assert (t2v["MdR"], t2v["MnR"]) == (1.5, 1.6)
    assert t2v["geometric_mean"] == pytest.approx(58.48035476)
    assert v2t["R@1"] == pytest.approx(33.33333333)
    assert v2t["MnR"] == pytest.approx(1.83333333)
    assert v2t["geometric_mean"] == pytest.approx(69.33612744)


def test_authors_case_b_all_tied_one_caption_each():
    zeros = np.zeros((4, 4))
    for rank in (text_to_video_ranks, video_to_text_ranks):
        found = summarize_ranks(rank(zeros, np.arange(4)), gallery=4)
        assert (found["R@1"], found["R@5"], found["geometric_mean"]) == (0, 100, 0)
        assert (found["MdR"], found["MnR"]) == (2.5, 2.5)


def test_authors_case_c_all_tied():
    video = np.repeat(np.arange(4), 3)
    zeros = np.zeros((12, 4))
    assert summarize_ranks(text_to_video_ranks(zeros, video), gallery=4)["MnR"] == 2.5
    v2t = summarize_ranks(video_to_text_ranks(zeros, video), gallery=12)
    assert (v2t["R@5"], v2t["R@10"], v2t["MdR"]) == (0, 100, 6.5)


def test_geometric_mean_is_zero_without_a_hit():
    assert geometric_mean(np.array([3.0, 4.0])) == 0


def naive_ranks(scores, own):
    """Mean position, in the sorted scores, of each of the scores equal to the own one."""
    ordered = sorted(scores, reverse=True)
    return np.mean([place for place, score in enumerate(ordered) if score == own])


@given(arrays(np.int8, (5, 7), elements=st.integers(0, 3)), st.integers(0, 6))
def test_a_captions_rank_is_the_mean_position_of_its_equals(scores, own):
    ranks = text_to_video_ranks(scores, np.full(5, own))
    assert ranks.tolist() == [naive_ranks(row, row[own]) for row in scores]


@given(seed=st.integers(0, 2**16), most=st.integers(0, 60))
@settings(max_examples=30)
def test_a_videos_rank_is_the_best_of_its_captions(seed, most):
    """Three blocks of rows, many ties."""
    random = np.random.default_rng(seed)
    scores = random.integers(0, most, (300, 3), np.int8, endpoint=True)
    video = np.array([0, 1, 2, *random.integers(0, 3, 297)])
    expected = [
        min(naive_ranks(column, column[row]) for row in np.flatnonzero(video == place))
        for place, column in enumerate(scores.T.tolist())
    ]
    assert video_to_text_ranks(scores, video).tolist() == expected


def test_float16_ranks_are_those_of_the_same_float32():
    sims = np.random.default_rng(0).standard_normal((300, 20)).astype(np.float16)
    video = np.arange(300) % 20
    for rank in (text_to_video_ranks, video_to_text_ranks):
        assert (rank(sims, video) == rank(sims.astype(np.float32), video)).all()


RANK_A_BIG_MATRIX = """
import resource
import numpy as np
from teachtext.evaluation.metrics import text_to_video_ranks, video_to_text_ranks

sims = np.random.default_rng(0).standard_normal((40000, 1000), dtype=np.float32)
video = np.arange(40000) % 1000
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
text_to_video_ranks(sims, video)
video_to_text_ranks(sims, video)
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print((after - before) * 1024 / sims.nbytes)
"""


def test_ranking_takes_a_fifth_of_the_matrix_at_most():
    run = [sys.executable, "-c", RANK_A_BIG_MATRIX]
    assert float(subprocess.check_output(run, text=True)) < 0.2


def test_a_video_without_captions_is_refused():
    with pytest.raises(ValueError, match="Video 1"):
        video_to_text_ranks(np.zeros((1, 2)), np.array([0]))
