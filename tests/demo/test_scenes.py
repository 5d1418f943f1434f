"""What demo clips hold."""

from collections import Counter

import pytest

from teachtext.demo.scenes import deck, draw_scenes
from teachtext.demo.vocabulary import SHAPES
from teachtext.errors import ConfigError


@pytest.fixture(scope="module")
def scenes():
    return draw_scenes(train=160, val=20, test=60, seed=0)


def test_splits_have_the_sizes_asked_for(scenes):
    assert Counter(scene.split for scene in scenes) == {"train": 160, "val": 20, "test": 60}


def test_same_seed_draws_the_same_scenes():
    first, second, other = (draw_scenes(train=5, val=1, test=1, seed=s) for s in (3, 3, 4))
    assert first == second
    assert first != other


def test_video_ids_are_unique(scenes):
    assert len({scene.video_id for scene in scenes}) == 240


def test_fifteen_percent_have_no_audio(scenes):
    assert sum(not scene.has_audio for scene in scenes) == 36


def test_of_those_with_audio_most_have_one_kind(scenes):
    kinds = Counter((scene.sound is not None, scene.speech is not None) for scene in scenes)
    assert kinds == {(False, False): 36, (True, False): 84, (False, True): 72, (True, True): 48}


def test_half_of_the_clips_show_a_word(scenes):
    assert sum(scene.written is not None for scene in scenes) == 120


def test_every_shape_is_in_train_and_test(scenes):
    for split in ("train", "test"):
        assert {scene.shape for scene in scenes if scene.split == split} == set(SHAPES)


def test_no_two_clips_look_alike_but_neighbours_share_much(scenes):
    looks = Counter((scene.shape, scene.colour, scene.motion) for scene in scenes)
    assert max(looks.values()) == 1
    assert max(Counter((scene.shape, scene.colour) for scene in scenes).values()) > 1


def test_deck_deals_every_card_before_it_shuffles_again():
    import numpy as np

    cards = deck("abc", np.random.default_rng(0))
    assert sorted(next(cards) for _ in range(3)) == ["a", "b", "c"]
    assert sorted(next(cards) for _ in range(3)) == ["a", "b", "c"]


@pytest.mark.parametrize(("train", "seed"), [(0, 0), (-1, 0), (2, -1)])
def test_impossible_corpora_are_refused(train, seed):
    with pytest.raises(ConfigError, match="got"):
        draw_scenes(train=train, val=0, test=0, seed=seed)
