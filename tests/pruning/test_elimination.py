import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teachtext.config.pruning import subset_name, subset_pattern
from teachtext.pruning.elimination import Candidate, Point, by_choice, on_front, without_each

SCORES = {  # what val says of each set of experts; by eye: first ocr goes, then audio
    "appearance audio motion ocr": 50,
    "audio motion ocr": 20,
    "appearance motion ocr": 44,
    "appearance audio ocr": 40,
    "appearance audio motion": 49,
    "audio motion": 10,
    "appearance motion": 43,
    "appearance audio": 42,
    "motion": 5,
    "appearance": 30,
}


def candidate(dropped, *scores, saved=0.0):
    return Candidate(dropped, scores, saved)


def walk(experts, keep):
    dropped = []
    while len(experts) > keep:
        candidates = [
            candidate(expert, SCORES[" ".join(left)])
            for expert, left in zip(sorted(experts), without_each(experts), strict=True)
        ]
        dropped.append(by_choice(candidates)[0].dropped)
        experts = [expert for expert in experts if expert != dropped[-1]]
    return dropped


def test_a_walk_drops_what_val_misses_least():
    experts = ["ocr", "motion", "audio", "appearance"]
    assert walk(experts, keep=1) == ["ocr", "audio", "motion"]
    assert walk(experts, keep=3) == ["ocr"]
    assert walk(experts, keep=4) == []


def test_the_mean_over_seeds_decides():
    steady, lucky = candidate("audio", 30, 32), candidate("motion", 20, 41)
    assert by_choice([lucky, steady]) == [steady, lucky]


def test_of_equals_the_dearest_expert_goes_then_the_first_by_name():
    cheap, dear = candidate("audio", 30, saved=0.1), candidate("speech", 30, saved=0.4)
    unknown, other = candidate("face", 30, saved=None), candidate("scene", 30, saved=0.1)
    assert by_choice([unknown, other, cheap, dear]) == [dear, cheap, other, unknown]


NAMES = st.lists(
    st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,5}", fullmatch=True),
    min_size=1,
    max_size=5,
    unique=True,
)


@given(NAMES, st.data())
def test_every_set_of_experts_has_one_name_that_fits_the_pattern(experts, data):
    subset = data.draw(st.lists(st.sampled_from(experts), min_size=1, unique=True))
    model = subset_name("a.search@baseline", subset)
    assert re.fullmatch(subset_pattern("a.search@baseline", experts), model)
    assert model.split("+") == ["a.search@baseline", *sorted(subset)]
    assert "/" not in model


def test_names_in_another_order_or_of_other_pruninges_do_not_fit():
    pattern = subset_pattern("a.b", ["audio", "scene-1"])
    assert re.fullmatch(pattern, "a.b+audio+scene-1")
    for other in ("a.b", "a.b+scene-1+audio", "axb+audio", "a.b+audio+audio", "a.b+scene"):
        assert not re.fullmatch(pattern, other)


def test_a_front_by_hand():
    points = [
        Point(50, 0.7, 5),  # the best
        Point(49, 0.3, 4),  # a little worse, much cheaper
        Point(48, 0.3, 4),  # as cheap as the one before, and worse
        Point(30, 0.1, 1),  # the cheapest
        Point(29, 0.2, 2),  # worse and dearer than the cheapest
    ]
    assert on_front(points) == [True, True, False, True, False]


def test_parameters_are_the_cost_where_the_seconds_of_one_are_not_known():
    assert on_front([Point(50, 9.0, 2), Point(50, 1.0, 3)]) == [True, True]
    assert on_front([Point(50, 9.0, 2), Point(50, None, 3)]) == [True, False]


POINTS = st.lists(
    st.builds(
        Point, st.integers(0, 4), st.integers(0, 3).map(float), st.integers(0, 3)
    ),  # few values: ties are common
    min_size=1,
    max_size=8,
)


def beats(other, own):
    no_worse = (
        other.score >= own.score
        and other.seconds <= own.seconds
        and other.parameters <= own.parameters
    )
    return no_worse and other != own


@given(POINTS)
def test_no_point_on_the_front_is_beaten_and_every_other_is_beaten_from_it(points):
    front = [point for point, is_on in zip(points, on_front(points), strict=True) if is_on]
    assert front
    assert not any(beats(other, own) for other, own in itertools.product(points, front))
    others = [point for point in points if point not in front]
    assert all(any(beats(better, own) for better in front) for own in others)


@given(POINTS, st.randoms(use_true_random=False))
def test_the_order_of_points_means_nothing(points, random):
    shuffled = random.sample(points, len(points))
    fronts = [dict(zip(order, on_front(order), strict=True)) for order in (points, shuffled)]
    assert fronts[0] == fronts[1]


@pytest.mark.parametrize("experts", [["audio"], ["motion", "audio"], ["c", "b", "a", "d"]])
def test_each_candidate_lacks_one_expert(experts):
    left = without_each(experts)
    assert [len(subset) for subset in left] == [len(experts) - 1] * len(experts)
    assert [(set(experts) - set(subset)).pop() for subset in left] == sorted(experts)
