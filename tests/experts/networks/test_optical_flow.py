import sys

import cv2
import numpy as np
import pytest

from teachtext.errors import PackageError
from teachtext.experts.networks.optical_flow import PAIR_DIM, OpticalFlow, describe_flow
from teachtext.video.media import Frames

BODY = ["right", "left", "down", "up", "grow", "shrink", "clockwise", "anticlockwise"]
DIRECTIONS = ["right", "right-down", "down", "left-down", "left", "left-up", "up", "right-up"]


def texture(height, width, blur, seed=0):
    noise = np.random.default_rng(seed).integers(0, 255, (height, width)).astype(np.uint8)
    return cv2.normalize(cv2.GaussianBlur(noise, (0, 0), blur), None, 0, 255, cv2.NORM_MINMAX)


def place(x=160.0, y=120.0, angle=0.0, scale=1.0):
    """A textured square at a place, turned anticlockwise, on a quiet background."""
    image = texture(240, 320, 12, seed=1) // 2
    move = cv2.getRotationMatrix2D((30, 30), angle, scale)
    move[:, 2] += (x - 30, y - 30)
    square = cv2.warpAffine(texture(60, 60, 2), move, (320, 240))
    inside = cv2.warpAffine(np.full((60, 60), 255, np.uint8), move, (320, 240)) > 127
    image[inside] = square[inside]
    return np.repeat(image[..., None], 3, axis=2)


MOTIONS = {
    "right": lambda t: place(x=60 + 60 * t),
    "left": lambda t: place(x=260 - 60 * t),
    "down": lambda t: place(y=50 + 50 * t),
    "up": lambda t: place(y=190 - 50 * t),
    "grow": lambda t: place(scale=0.6 + 0.4 * t),
    "shrink": lambda t: place(scale=1.8 - 0.4 * t),
    "clockwise": lambda t: place(angle=-60 * t),
    "anticlockwise": lambda t: place(angle=60 * t),
}


def clip(draw, fps=8.0, seconds=2.0):
    times = np.arange(round(fps * seconds)) / fps
    return Frames(np.stack([draw(t) for t in times]), times, seconds)


def describe(frames, fps=8.0):
    return OpticalFlow(fps=fps).extract(frames).features_TD.mean(axis=0)


def body(row):
    return dict(zip(BODY, row[PAIR_DIM - 8 : PAIR_DIM], strict=True))


@pytest.mark.parametrize("motion", MOTIONS)
def test_the_strongest_motion_of_the_body_is_the_drawn_one(motion):
    strength = body(describe(clip(MOTIONS[motion])))
    assert max(strength, key=strength.get) == motion


@pytest.mark.parametrize("motion", ["right", "left", "down", "up"])
def test_a_moving_square_fills_the_bin_of_its_direction(motion):
    by_direction = describe(clip(MOTIONS[motion]))[:72].reshape(9, 8).sum(axis=0)
    assert DIRECTIONS[by_direction.argmax()] == motion


def test_motion_is_found_in_its_cell():
    corner = describe(clip(lambda t: place(x=50 + 10 * t, y=40)))
    assert corner[:72].reshape(9, 8).sum(axis=1).argmax() == 0
    assert corner[72:81].argmax() == 0


def test_speed_is_in_frame_lengths_per_second():
    squared = body(describe(clip(MOTIONS["right"])))["right"] ** 2
    assert squared == pytest.approx(60 / 320, rel=0.15)


def test_speed_does_not_depend_on_fps_or_resolution():
    def large(t):
        return cv2.resize(MOTIONS["right"](t), (640, 480))

    slow, fast = describe(clip(MOTIONS["right"])), describe(clip(large, fps=12.0), fps=12.0)
    assert np.corrcoef(slow, fast)[0, 1] > 0.98


def test_bouncing_differs_from_rising_in_its_spread():
    bounce = describe(clip(lambda t: place(y=180 - 80 * abs(np.sin(np.pi * 2 * t)))))
    rise = describe(clip(MOTIONS["up"]))
    spread = slice(PAIR_DIM + 84, PAIR_DIM + 86)  # of down and up
    assert bounce[spread].min() > 0.1 > rise[spread].max()


def test_a_still_clip_has_no_motion():
    assert not describe(clip(lambda t: place())).any()


def test_one_row_per_second_with_its_times():
    features = OpticalFlow(fps=8).extract(clip(MOTIONS["right"], seconds=2.5))
    assert features.features_TD.shape == (3, 180)
    assert features.features_TD.dtype == np.float32
    assert features.start_seconds_T.tolist() == [0, 1, 2]
    assert features.end_seconds_T.tolist() == [1, 2, 2.375]


def test_few_frames_per_second_give_one_row_per_pair():
    features = OpticalFlow(fps=1).extract(clip(MOTIONS["right"], fps=1, seconds=3))
    assert features.start_seconds_T.tolist() == [0, 1]
    assert features.end_seconds_T.tolist() == [1, 2]


def test_one_frame_has_no_motion_and_none_has_no_rows():
    flow = OpticalFlow(fps=2)
    one = flow.extract(Frames(place()[None], np.zeros(1), 3.0))
    assert (one.features_TD.shape, one.end_seconds_T.tolist()) == ((1, 180), [0.5])
    assert not one.features_TD.any()
    none = flow.extract(Frames(np.zeros((0, 9, 9, 3), np.uint8), np.zeros(0), 0.0))
    assert none.features_TD.shape == (0, 180)


def test_frames_with_the_same_time_are_a_frame_apart():
    frames = Frames(np.stack([place(), place(x=168)]), np.zeros(2), 1.0)
    assert np.isfinite(OpticalFlow(fps=8).extract(frames).features_TD).all()


@pytest.mark.parametrize("size", [(2, 3), (4, 400), (400, 4)])
def test_odd_sizes_are_described(size):
    noise = np.random.default_rng(0).integers(0, 255, (3, *size, 3)).astype(np.uint8)
    row = describe(Frames(noise, np.arange(3) / 8, 0.5))
    assert np.isfinite(row).all()


def test_a_shift_neither_grows_nor_turns():
    row = describe_flow(np.full((30, 40, 2), (2.0, 0.0), np.float32), seconds=0.5)
    assert body(row) == pytest.approx(dict.fromkeys(BODY, 0.0) | {"right": 0.1**0.5}, abs=1e-3)


def test_weights_name_the_parameters():
    weights = OpticalFlow(fps=8).weights
    assert weights.name == f"farneback, opencv {cv2.__version__}"
    assert weights == OpticalFlow(fps=2).weights


def test_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(PackageError, match=r"'cv2'.*pip install "):
        OpticalFlow(fps=8)
