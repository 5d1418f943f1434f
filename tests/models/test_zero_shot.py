import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from teachtext.config.zero_shot import ZeroShotArchitecture
from teachtext.evaluation.evaluate import rank_set
from teachtext.models.retrieval import build_model
from teachtext.models.sequences import Sequences
from tests.support.toy_sets import DIM, similarities, toy_features, toy_set


def zero_shot(*experts, dim=2):
    return build_model(
        ZeroShotArchitecture(),
        token_dim=dim,
        max_tokens=1,
        expert_dims=dict.fromkeys(experts, dim),
    ).eval()


def sequences(*videos):
    """A batch of (T, 2) rows; none where a video lacks the expert."""
    longest = max(1, *map(len, videos))
    values, valid = torch.zeros(len(videos), longest, 2), torch.zeros(len(videos), longest)
    for place, rows in enumerate(videos):
        values[place, : len(rows)] = torch.tensor(rows, dtype=torch.float32).reshape(-1, 2)
        valid[place, : len(rows)] = 1
    return Sequences(values, valid.bool())


@pytest.mark.parametrize(
    ("caption", "rows", "cosine"),
    [
        ([2, 0], [[3, 0]], 1.0),
        ([2, 0], [[0, 5]], 0.0),
        ([1, 1], [[1, 0], [0, 1]], 1.0),
        # the long row does not outvote the short one: (1, 0) + (0, 1), not (1, 0) + (0, 9)
        ([1, 0], [[1, 0], [0, 9]], 0.5**0.5),
        ([3, 4], [[-3, -4], [-6, -8], [-9, -12]], -1.0),
        ([1, 0], [], -1.0),
    ],
)
def test_a_video_is_the_mean_of_its_unit_rows(caption, rows, cosine):
    model = zero_shot("seen")
    sims = model(sequences([caption]), {"seen": sequences(rows)})
    assert sims.item() == pytest.approx(cosine)


def test_experts_count_alike_and_missing_ones_not():
    model = zero_shot("heard", "seen")
    heard, seen = sequences([[1, 0]], [], []), sequences([[0, 1]], [[0, 1]], [])
    sims = model(sequences([[1, 0]]), {"heard": heard, "seen": seen})
    assert sims.tolist() == [[0.5, 0.0, -1.0]]


@given(st.integers(1, 5), st.floats(0.01, 100), st.integers(0, 3))
def test_neither_lengths_of_vectors_nor_padding_count(rows, scale, padding):
    generator = np.random.default_rng(rows)
    caption, video = generator.normal(size=(1, 2)), generator.normal(size=(rows, 2))
    model = zero_shot("seen")
    scales = scale * np.arange(1, rows + 1)[:, None]
    padded = sequences((video * scales).tolist(), [[0.0, 0.0]] * (rows + padding))
    one = model(sequences(caption.tolist()), {"seen": sequences(video.tolist())})
    other = model(sequences((scale * caption).tolist()), {"seen": padded})
    torch.testing.assert_close(one[0, 0], other[0, 0], atol=1e-5, rtol=0)


def test_there_is_nothing_to_train():
    model = zero_shot("heard", "seen")
    assert list(model.parameters()) == []
    assert model.device == torch.device("cpu")


def test_captions_that_are_copies_of_their_video_find_it():
    data = toy_set(per_video=1)
    model = zero_shot("appearance", dim=DIM)
    assert rank_set(model, data).t2v.max() == 0
    np.testing.assert_allclose(np.diag(similarities(model, data)), 1.0, atol=1e-5)


def test_toy_features_of_known_angles_give_known_similarities():
    turned = np.array([[np.cos(a), np.sin(a), 0, 0, 0, 0] for a in np.radians([0, 60, 90, 180])])
    data = toy_set(videos=4, per_video=1)
    data.experts["appearance"] = toy_features("appearance", turned[:, None].astype(np.float32))
    captions = turned[[0, 0, 0, 0]].astype(np.float16)
    data.tokens.values[:] = captions
    sims = similarities(zero_shot("appearance", dim=DIM), data)
    np.testing.assert_allclose(sims, np.tile([1, 0.5, 0, -1], (4, 1)), atol=1e-3)
