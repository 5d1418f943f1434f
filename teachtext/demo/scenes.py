"""What each demo clip holds, drawn from a seed. Plain data; no pixels, no sound, no files."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from teachtext.demo.vocabulary import (
    CARRIERS,
    COLOURS,
    MOTIONS,
    PATTERNS,
    SHAPES,
    SOUNDS,
    SPOKEN,
    VOICES,
    WRITTEN,
)
from teachtext.errors import ConfigError

Card = TypeVar("Card")

SOUND, SPEECH = "sound", "speech"
SOUND_TRACKS: tuple[frozenset[str], ...] = (
    *[frozenset[str]()] * 3,
    *[frozenset({SOUND})] * 7,
    *[frozenset({SPEECH})] * 6,
    *[frozenset({SOUND, SPEECH})] * 4,
)
"""Of 20 clips: 3 have no audio track, 7 a sound, 6 speech, 4 both."""


@dataclass(frozen=True)
class Speech:
    """What is said in a clip, and how.

    Attributes:
        word: Concept that captions name.
        sentence: Whole spoken sentence.
        voice: Voice of espeak-ng, with its variant.
        words_per_minute: Speaking rate in words per minute.
        pitch: Pitch setting of espeak-ng; 50 is the voice's own pitch.
    """

    word: str
    sentence: str
    voice: str
    words_per_minute: int
    pitch: int


@dataclass(frozen=True)
class Scene:
    """All that is in one clip; ``shape`` to ``written`` are what captions can name.

    Attributes:
        video_id: Id of the clip.
        split: ``train``, ``val`` or ``test``.
        seed: Seed of the corpus; together with ``index`` it determines every detail.
        index: Position in the corpus.
        seconds: Duration in seconds.
        pattern: Pattern of the background; captions never name it.
        shape: Key of ``SHAPES``.
        colour: Colour of the background, a key of ``COLOURS``.
        motion: Key of ``MOTIONS``.
        sound: Key of ``SOUNDS``; None without a sound.
        speech: Speech in the clip; None without speech.
        written: Word on the screen, a key of ``WRITTEN``; None without one.
    """

    video_id: str
    split: str
    seed: int
    index: int
    seconds: float
    pattern: str
    shape: str
    colour: str
    motion: str
    sound: str | None
    speech: Speech | None
    written: str | None

    @property
    def has_audio(self) -> bool:
        """Whether the clip has an audio track at all."""
        return self.sound is not None or self.speech is not None

    def generator(self, purpose: int) -> np.random.Generator:
        """Seeded generator of this clip; another one for each ``purpose``."""
        return np.random.default_rng([self.seed, self.index, purpose])


def draw_scenes(*, train: int, val: int, test: int, seed: int) -> list[Scene]:
    """Draw a corpus: train clips first, then val, then test.

    Every concept comes from a shuffled deck, so all are about equally frequent in every split.
    Clips of one shape differ in colour or motion, and share the rest with other shapes.

    Args:
        train: Number of clips for training.
        val: Number of clips for choosing the best epoch.
        test: Number of clips for the reported results.
        seed: Seed of all random draws.

    Raises:
        ConfigError: A count is negative or there is no clip at all.
    """
    if min(train, val, test) < 0 or train + val + test == 0:
        raise ConfigError(
            f"The demo needs at least one clip and no negative counts, "
            f"got train {train}, val {val}, test {test}."
        )
    if seed < 0:
        raise ConfigError(f"The demo's seed must be 0 or more, got {seed}.")
    splits = ["train"] * train + ["val"] * val + ["test"] * test
    decks = _Decks(np.random.default_rng(seed))
    return [_draw_scene(decks, split, seed, index) for index, split in enumerate(splits)]


def deck(cards: Sequence[Card], rng: np.random.Generator) -> Iterator[Card]:
    """Deal all cards in random order, shuffle, deal again, for ever."""
    while True:
        for position in rng.permutation(len(cards)):
            yield cards[position]


class _Decks:
    """One deck for each kind of concept."""

    def __init__(self, rng: np.random.Generator) -> None:
        looks = [(colour, motion) for colour in COLOURS for motion in MOTIONS]
        self.shape = deck(list(SHAPES), rng)
        self.looks = {shape: deck(looks, rng) for shape in SHAPES}
        self.pattern = deck(PATTERNS, rng)
        self.tracks = deck(SOUND_TRACKS, rng)
        self.sound = deck(list(SOUNDS), rng)
        self.spoken = deck(list(SPOKEN), rng)
        self.voice = deck(VOICES, rng)
        self.is_written = deck((True, False), rng)
        self.written = deck(list(WRITTEN), rng)


def _draw_scene(decks: _Decks, split: str, seed: int, index: int) -> Scene:
    rng = np.random.default_rng([seed, index])
    shape = next(decks.shape)
    colour, motion = next(decks.looks[shape])
    tracks = next(decks.tracks)
    return Scene(
        video_id=f"demo-{index:04d}",
        split=split,
        seed=seed,
        index=index,
        seconds=float(rng.integers(30, 51)) / 10,
        pattern=next(decks.pattern),
        shape=shape,
        colour=colour,
        motion=motion,
        sound=next(decks.sound) if SOUND in tracks else None,
        speech=_draw_speech(decks, rng) if SPEECH in tracks else None,
        written=next(decks.written) if next(decks.is_written) else None,
    )


def _draw_speech(decks: _Decks, rng: np.random.Generator) -> Speech:
    word = next(decks.spoken)
    return Speech(
        word=word,
        sentence=CARRIERS[int(rng.integers(len(CARRIERS)))].format(word),
        voice=next(decks.voice),
        words_per_minute=int(rng.integers(125, 161)),
        pitch=int(rng.integers(35, 66)),
    )
