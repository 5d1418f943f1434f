"""Captions of a scene, by a small grammar with synonyms. Text only."""

import math
from collections.abc import Sequence

import numpy as np

from teachtext.demo.scenes import Scene, deck
from teachtext.demo.vocabulary import COLOURS, MOTIONS, SHAPES, SOUNDS, SPOKEN, WRITTEN
from teachtext.errors import ConfigError

VISUAL_ATTRIBUTES = frozenset({"shape", "colour", "motion"})

COLOUR_PLACES = (
    "in front of {} background",
    "on {} background",
    "against {} backdrop",
    "before {} wall",
)
COLOUR_CLAUSES = ("the background is {}", "everything behind is {}", "the backdrop is {}")
SHOWN_CLAUSES = ("is shown", "appears", "can be seen", "is in the picture")
SOUND_CLAUSES = (
    "{} can be heard",
    "you hear {}",
    "the sound is {}",
    "we listen to {}",
    "the microphone picks up {}",
)
LITERAL_SPOKEN = ("a voice says {}", "someone says the word {}", "a speaker mentions {}")
LOOSE_SPOKEN = ("a voice talks about {}", "someone speaks about {}", "we hear about {}")
LITERAL_WRITTEN = (
    "the word {} is on the screen",
    "the text reads {}",
    "{} is written in the picture",
)
LOOSE_WRITTEN = ("the text is about {}", "there is a title about {}", "we read about {}")
_WORDS = {
    "spoken": (SPOKEN, LITERAL_SPOKEN, LOOSE_SPOKEN),
    "written": (WRITTEN, LITERAL_WRITTEN, LOOSE_WRITTEN),
}
"""Attribute -> synonyms of each word, and the patterns that need the word itself or allow them."""
JOINTS = ("{} while {}", "{} and {}", "{}, {}", "{} as {}")


def compose_captions(scene: Scene, count: int, rng: np.random.Generator) -> list[str]:
    """Write different captions that together name everything in the scene.

    Args:
        scene: Content of the clip.
        count: Number of captions.
        rng: Generator that chooses attributes, words and sentence patterns.

    Raises:
        ConfigError: Fewer than one caption is asked for.
    """
    if count < 1:
        raise ConfigError(f"A demo clip needs at least one caption, got {count}.")
    captions: list[str] = []
    for attributes in _choose_attributes(scene, count, rng):
        caption = _write_caption(scene, attributes, rng)
        while caption in captions:
            caption = _write_caption(scene, attributes, rng)
        captions.append(caption)
    return captions


def attributes_of(scene: Scene) -> dict[str, str]:
    """What captions can name: attribute → concept."""
    concepts = {
        "shape": scene.shape,
        "colour": scene.colour,
        "motion": scene.motion,
        "sound": scene.sound,
        "spoken": scene.speech.word if scene.speech else None,
        "written": scene.written,
    }
    return {attribute: concept for attribute, concept in concepts.items() if concept}


def _choose_attributes(scene: Scene, count: int, rng: np.random.Generator) -> list[frozenset[str]]:
    """Deal two to four attributes to each caption; more if few captions must cover many."""
    names = list(attributes_of(scene))
    cards = deck(names, rng)
    fewest = max(2, math.ceil(len(names) / count))
    most = max(fewest, min(4, len(names)))
    hands = []
    for _ in range(count):
        size = int(rng.integers(fewest, most + 1))
        hand: set[str] = set()
        while len(hand) < size:
            hand.add(next(cards))
        hands.append(frozenset(hand))
    return hands


def _write_caption(scene: Scene, attributes: frozenset[str], rng: np.random.Generator) -> str:
    concepts = attributes_of(scene)
    clauses = [
        _heard_or_read_clause(name, concepts[name], rng)
        for name in sorted(attributes - VISUAL_ATTRIBUTES)
    ]
    if attributes & VISUAL_ATTRIBUTES:
        clauses.append(_visual_clause(scene, attributes, rng))
    rng.shuffle(clauses)
    if len(clauses) == 1:
        return clauses[0]
    return _even(JOINTS, rng).format(", ".join(clauses[:-1]), clauses[-1])


def _visual_clause(scene: Scene, attributes: frozenset[str], rng: np.random.Generator) -> str:
    colour = _common_first(COLOURS[scene.colour], rng)
    if not attributes & {"shape", "motion"}:
        return _even(COLOUR_CLAUSES, rng).format(colour)
    place = (
        _even(COLOUR_PLACES, rng).format(_with_article(colour)) if "colour" in attributes else ""
    )
    subject = _subject(scene, rng) if "shape" in attributes else _vague_subject(scene, rng)
    finite, participle = _motion_forms(scene.motion, rng)
    if "motion" not in attributes:
        finite, participle = _even(SHOWN_CLAUSES, rng), ""
    orders = [f"{subject} {finite} {place}", f"there is {subject} {participle} {place}"]
    if place:
        orders.append(f"{place}, {subject} {finite}")
    return " ".join(_even(orders, rng).split())


def _subject(scene: Scene, rng: np.random.Generator) -> str:
    return _with_article(_common_first(SHAPES[scene.shape].nouns, rng))


def _vague_subject(scene: Scene, rng: np.random.Generator) -> str:
    return _even(("something", "an object", _with_article(SHAPES[scene.shape].family)), rng)


def _motion_forms(motion: str, rng: np.random.Generator) -> tuple[str, str]:
    """Finite and participle form of the same phrase: ``spins``, ``spinning``."""
    verb, _, rest = _common_first(MOTIONS[motion], rng).partition(" ")
    finite, participle = verb.split("/")
    return f"{finite} {rest}".strip(), f"{participle} {rest}".strip()


def _heard_or_read_clause(attribute: str, concept: str, rng: np.random.Generator) -> str:
    if attribute == "sound":
        return _even(SOUND_CLAUSES, rng).format(_common_first(SOUNDS[concept], rng))
    synonyms, literal, loose = _WORDS[attribute]
    # only a loose pattern may use a synonym: nobody says "the text reads sea" of "ocean"
    if rng.random() < 0.5:
        return _even(literal, rng).format(concept)
    return _even(loose, rng).format(_common_first(synonyms[concept], rng))


def _even(choices: Sequence[str], rng: np.random.Generator) -> str:
    return choices[int(rng.integers(len(choices)))]


def _common_first(phrases: Sequence[str], rng: np.random.Generator) -> str:
    """Zipf's law: the n-th phrase is n times rarer than the first."""
    weights = 1 / np.arange(1, len(phrases) + 1)
    return phrases[int(rng.choice(len(phrases), p=weights / weights.sum()))]


def _with_article(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"
