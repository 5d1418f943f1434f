"""Frames of demo clips."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from teachtext.demo.pictures import (
    MOTION_TRACKS,
    RGB,
    SHADINGS,
    draw_background,
    draw_frames,
    plan_track,
)
from teachtext.demo.scenes import draw_scenes
from teachtext.demo.vocabulary import COLOURS, MOTIONS, PATTERNS

SCENE = replace(
    draw_scenes(train=1, val=0, test=0, seed=0)[0],
    shape="dog", colour="blue", pattern="solid", written=None, seconds=3.0,
)  # fmt: skip


def frames_of(**changes):
    return np.stack(list(draw_frames(replace(SCENE, **changes))))


def mean_flow(motion):
    """Mean (x, y) flow over the object, halfway through the clip."""
    before, after = frames_of(motion=motion)[20:23:2]
    grey = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in (before, after)]
    flow = cv2.calcOpticalFlowFarneback(*grey, None, 0.5, 3, 15, 3, 5, 1.2, 0)
    return flow[np.abs(flow).max(axis=2) > 0.5].mean(axis=0)


def test_frames_have_the_size_and_number_promised():
    frames = frames_of()
    assert frames.shape == (45, 240, 320, 3)
    assert frames.dtype == np.uint8


@pytest.mark.parametrize(
    ("motion", "axis", "sign"), [("left", 0, -1), ("right", 0, 1), ("up", 1, -1), ("down", 1, 1)]
)
def test_optical_flow_points_where_the_object_goes(motion, axis, sign):
    flow = mean_flow(motion)
    assert sign * flow[axis] > 1
    assert abs(flow[1 - axis]) < abs(flow[axis]) / 2


@pytest.mark.parametrize(("motion", "grows"), [("grow", True), ("shrink", False)])
def test_object_covers_more_or_less_of_the_picture(motion, grows):
    frames = frames_of(motion=motion).astype(int)
    covered = (np.abs(frames - frames[:, :1, :1]).sum(axis=3) > 60).sum(axis=(1, 2))
    assert (covered[-1] > 3 * covered[0]) == grows
    assert (covered[0] > 3 * covered[-1]) != grows


def test_spinning_object_turns_in_place():
    track = plan_track("spin", 3.0, np.random.default_rng(0))
    assert np.ptp(track.x) == np.ptp(track.y) == 0
    assert np.ptp(track.degrees) > 360


def test_bouncing_object_goes_up_and_down_again():
    heights = plan_track("bounce", 3.0, np.random.default_rng(0)).y
    turns = np.diff(np.sign(np.diff(heights)))
    assert np.count_nonzero(turns) >= 4


def test_every_concept_can_be_drawn():
    assert MOTION_TRACKS.keys() == MOTIONS.keys()
    assert RGB.keys() == COLOURS.keys()
    assert set(SHADINGS) == set(PATTERNS)


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("colour", COLOURS)
def test_background_is_nearest_to_its_own_colour(colour, pattern):
    mean = draw_background(colour, pattern, np.random.default_rng(1)).mean(axis=(0, 1))
    assert min(RGB, key=lambda name: np.abs(mean - RGB[name]).sum()) == colour


def test_written_word_stands_out_in_white_and_black():
    plain, titled = frames_of(), frames_of(written="castle")
    changed = titled[(plain != titled).any(axis=3)]
    assert (changed == 255).all(axis=1).mean() > 0.1
    assert (changed == 0).all(axis=1).mean() > 0.1


def test_drawing_twice_gives_the_same_pixels():
    assert np.array_equal(frames_of(), frames_of())
