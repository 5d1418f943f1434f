import sys

import numpy as np
import pytest
from PIL import Image

from teachtext.errors import PackageError
from teachtext.experts.networks.dlib_face import DlibFace, doublings
from tests.support import networks
from tests.support.networks import frames


@pytest.fixture(scope="module")
def dlib_face():
    return DlibFace(fps=2)


@pytest.fixture(scope="module")
def portrait():
    return networks.portrait()


@pytest.fixture(scope="module")
def found(dlib_face, portrait):
    return dlib_face.extract(frames(portrait))


def other_person(portrait):
    """A face that is not hers: narrower, darker, from the same photograph."""
    narrow = Image.fromarray(portrait).resize((150, 240))
    return np.pad(np.asarray(narrow) // 2, ((0, 0), (28, 27), (0, 0)))


def test_a_face_has_one_row_and_a_box_around_it(found, portrait):
    assert found.features_TD.shape == (1, 128)
    assert found.features_TD.dtype == np.float32
    (face,) = found.recognised
    (left, top), (right, _), (_, bottom), _ = face.box
    assert left < 105 < right  # her nose
    assert top < 90 < bottom
    assert (face.text, face.start_seconds, face.end_seconds) == ("face", 0.0, 0.5)
    assert face.score > 0.5


@pytest.mark.parametrize(("down", "right"), [(3, 0), (0, -5), (7, 4)])
def test_a_shifted_picture_is_the_same_face(dlib_face, portrait, found, down, right):
    shifted = dlib_face.extract(frames(np.roll(portrait, (down, right), axis=(0, 1))))
    assert np.linalg.norm(shifted.features_TD - found.features_TD) < 0.4


def test_a_squeezed_dark_face_is_further_away_than_a_shifted_one(dlib_face, portrait, found):
    shifted = dlib_face.extract(frames(np.roll(portrait, 3, axis=0))).features_TD
    other = dlib_face.extract(frames(other_person(portrait))).features_TD
    near, far = (np.linalg.norm(rows - found.features_TD) for rows in (shifted, other))
    assert near < far


def test_two_faces_in_a_frame_have_two_rows_of_its_time(dlib_face, portrait):
    empty = np.zeros((240, 410, 3), np.uint8)
    two = np.concatenate([portrait, portrait[:, ::-1]], axis=1)
    features = dlib_face.extract(frames(empty, two, seconds=0.8))
    assert features.features_TD.shape == (2, 128)
    assert features.start_seconds_T.tolist() == [0.5, 0.5]
    assert features.end_seconds_T.tolist() == [0.8, 0.8]
    assert sorted(face.box[0][0] > 205 for face in features.recognised) == [False, True]


@pytest.mark.parametrize("size", [(240, 426), (16, 16), (1, 300)])
def test_there_are_no_faces_in_noise(dlib_face, size):
    noise = np.random.default_rng(0).integers(0, 256, (3, *size, 3), np.uint8)
    features = dlib_face.extract(frames(*noise))
    assert features.features_TD.shape == (0, 128)
    assert features.recognised == ()


@pytest.mark.parametrize(("pixels", "times"), [(1080, 0), (480, 0), (479, 1), (240, 1), (64, 2)])
def test_small_frames_are_doubled(pixels, times):
    assert doublings(pixels) == times


def test_a_face_half_outside_has_its_box_inside(dlib_face, portrait):
    face = Image.fromarray(portrait).crop((55, 50, 150, 145))
    (found,) = dlib_face.extract(frames(np.asarray(face))).recognised
    assert all(0 <= coordinate <= 95 for corner in found.box for coordinate in corner)


def test_the_same_frames_give_the_same_bytes_whatever_the_block(dlib_face, portrait, monkeypatch):
    pictures = frames(portrait, portrait[:, ::-1], portrait)
    expected = dlib_face.extract(pictures).features_TD.tobytes()
    monkeypatch.setattr("teachtext.experts.networks.recognition.BLOCK_FRAMES", 2)
    assert dlib_face.extract(pictures).features_TD.tobytes() == expected


def test_read_only_frames_are_accepted(dlib_face, portrait, found):
    pictures = frames(portrait)
    pictures.pixels_THWC.flags.writeable = False
    assert np.array_equal(dlib_face.extract(pictures).features_TD, found.features_TD)


def test_weights_name_the_packages(dlib_face):
    assert dlib_face.weights.name == "face-recognition-models 0.3.0 + dlib-bin 20.0.1.post1"
    assert "face_recognition_models" not in sys.modules  # it imports pkg_resources


@pytest.mark.parametrize("package", ["dlib", "face_recognition_models"])
def test_missing_package_is_named(monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(PackageError, match=rf"'{package}'.*pip install "):
        DlibFace(fps=2)
