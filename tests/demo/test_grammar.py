"""Captions of demo clips."""

import re
from itertools import permutations

import numpy as np
import pytest

from teachtext.demo.grammar import attributes_of, compose_captions
from teachtext.demo.scenes import draw_scenes
from teachtext.demo.vocabulary import COLOURS, MOTIONS, SHAPES, SOUNDS, SPOKEN, WRITTEN
from teachtext.errors import ConfigError


def phrases():
    """(attribute, concept) → every phrase that names it."""
    tables = {"colour": COLOURS, "sound": SOUNDS, "spoken": SPOKEN, "written": WRITTEN}
    named = {("shape", key): shape.nouns for key, shape in SHAPES.items()}
    for attribute, table in tables.items():
        for concept, words in table.items():
            literal = [concept] if table in (SPOKEN, WRITTEN) else []
            named[attribute, concept] = (*words, *literal)
    for concept, verbs in MOTIONS.items():
        forms = [re.match(r"(\S+)/(\S+)(.*)", verb).groups() for verb in verbs]
        named["motion", concept] = [f + rest for *both, rest in forms for f in both]
    return named


PHRASES = phrases()
SCENES = draw_scenes(train=60, val=0, test=0, seed=0)


def has_phrase(text, phrase):
    return re.search(rf"\b{re.escape(phrase)}\b", text) is not None


def named_in(caption):
    return {key for key, words in PHRASES.items() if any(has_phrase(caption, w) for w in words)}


def captions_of(scene, count=5):
    return compose_captions(scene, count, np.random.default_rng(scene.index))


def test_no_phrase_names_two_concepts():
    for one, other in permutations(PHRASES, 2):
        for phrase in PHRASES[one]:
            clash = [longer for longer in PHRASES[other] if has_phrase(longer, phrase)]
            assert not clash, (one, other, clash)


def test_captions_name_only_what_the_scene_has():
    for scene in SCENES:
        for caption in captions_of(scene):
            assert named_in(caption) <= set(attributes_of(scene).items()), caption


@pytest.mark.parametrize("count", [1, 2, 5])
def test_captions_of_a_clip_cover_every_attribute(count):
    for scene in SCENES:
        named = set().union(*(named_in(caption) for caption in captions_of(scene, count)))
        assert named == set(attributes_of(scene).items())


def test_five_captions_name_two_to_four_attributes_each():
    sizes = {len(named_in(caption)) for scene in SCENES for caption in captions_of(scene)}
    assert sizes == {2, 3, 4}


def test_captions_of_a_clip_differ():
    assert all(len(set(captions_of(scene, 20))) == 20 for scene in SCENES[:10])


def test_captions_are_plain_lower_case_sentences():
    for scene in SCENES:
        for caption in captions_of(scene):
            assert re.fullmatch(r"[a-z]+([, -]+[a-z]+)*", caption), caption


def test_articles_fit_the_noun():
    captions = " | ".join(caption for scene in SCENES for caption in captions_of(scene))
    assert not re.search(r"\ba [aeiou]|\ban [^aeiou]", captions)


def test_first_synonym_is_the_most_frequent():
    captions = [c for scene in SCENES if scene.shape == "dog" for c in captions_of(scene, 60)]
    dog, canine = (sum(has_phrase(c, noun) for c in captions) for noun in ("dog", "canine"))
    assert dog > 2 * canine > 0


def test_quoted_words_are_never_paraphrased():
    pattern = re.compile(r"the text reads (\w+)")
    for scene in SCENES:
        for caption in captions_of(scene):
            assert set(pattern.findall(caption)) <= {scene.written}


def test_same_generator_writes_the_same_captions():
    assert captions_of(SCENES[0]) == captions_of(SCENES[0])


def test_no_captions_at_all_are_refused():
    with pytest.raises(ConfigError, match="got 0"):
        captions_of(SCENES[0], 0)
