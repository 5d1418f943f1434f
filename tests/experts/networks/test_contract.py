"""What every network of the catalogue keeps to; a new one is tested by being there."""

import re

import numpy as np
import pytest

from teachtext.config.catalog import EXPERTS
from teachtext.experts.loading import load_requested
from tests.support.networks import (
    KilledError,
    Mortal,
    decoded,
    extract,
    request_of,
    videos_for,
)

SLOW = {"whisper-base"}
"""Networks that take more than a few seconds."""


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(name, marks=[pytest.mark.slow] if name in SLOW else []) for name in EXPERTS
    ],
)
def request_(request, tmp_path_factory):
    return request_of(request.param, tmp_path_factory.mktemp(request.param))


@pytest.fixture(scope="module")
def expert(request_):
    return load_requested(request_, threads=1)


@pytest.fixture(scope="module")
def videos(request_):
    return videos_for(request_.signal)


@pytest.fixture(scope="module")
def features(expert, videos):
    """Features of each video by itself."""
    return {name: expert.extract_batch([video])[0] for name, video in videos.items()}


def test_rows_are_finite_float32_of_the_stated_width(expert, features):
    for one in features.values():
        assert one.features_TD.dtype == np.float32
        assert one.features_TD.shape[1:] == (expert.dim,)
        assert np.isfinite(one.features_TD).all()
    assert len(features["full"].features_TD) > 0


def test_times_are_ordered_and_inside_the_clip(features, videos):
    for name, one in features.items():
        starts, ends = one.start_seconds_T, one.end_seconds_T
        assert starts.dtype == ends.dtype == np.float64
        assert (np.diff(starts) >= 0).all()
        assert (starts >= 0).all()
        assert (starts <= ends).all()
        assert (ends <= videos[name].duration_seconds + 1e-9).all()


def test_what_is_recognised_has_the_times_of_its_rows(features):
    for one in features.values():
        for piece in one.recognised:
            assert piece.text
            assert piece.start_seconds in one.start_seconds_T
            assert piece.end_seconds in one.end_seconds_T


def test_no_input_gives_no_rows(expert, features):
    nothing = features["nothing"]
    assert nothing.features_TD.shape == (0, expert.dim)
    assert nothing.recognised == ()


def test_one_frame_or_one_sample_is_enough(features):
    assert len(features["least"].features_TD) in range(30)


def test_the_same_input_gives_the_same_bytes(expert, videos, features):
    (again,) = expert.extract_batch([videos["full"]])
    assert again.features_TD.tobytes() == features["full"].features_TD.tobytes()
    assert again.recognised == features["full"].recognised


def test_videos_together_have_the_rows_of_each_alone(expert, videos, features):
    together = expert.extract_batch(list(videos.values()))
    for one, alone in zip(together, features.values(), strict=True):
        np.testing.assert_allclose(one.features_TD, alone.features_TD, atol=1e-4, rtol=1e-4)
        assert one.start_seconds_T.tolist() == alone.start_seconds_T.tolist()
        assert one.end_seconds_T.tolist() == alone.end_seconds_T.tolist()


def test_a_killed_batch_gives_the_same_bytes(request_, expert, videos, tmp_path):
    media = decoded(tmp_path, videos)
    whole = extract(tmp_path / "whole", request_, media, videos, Mortal(expert, batches=9))
    with pytest.raises(KilledError):
        extract(tmp_path / "killed", request_, media, videos, Mortal(expert, batches=1))
    again = extract(tmp_path / "killed", request_, media, videos, Mortal(expert, batches=9))
    assert again == whole


def test_weights_are_named_and_hashed(request_, expert):
    assert expert.weights.name
    assert re.fullmatch("[0-9a-f]{64}", expert.weights.sha256)
    assert load_requested(request_, threads=1).weights == expert.weights
