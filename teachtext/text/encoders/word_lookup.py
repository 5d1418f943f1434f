"""From the words of a caption to those of a vocabulary, as Collaborative Experts looks them up."""

import re
from collections.abc import Container, Iterator
from functools import cache
from importlib.resources import as_file, files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from symspellpy import SymSpell

WORD = re.compile(r"[^\W_]+?(?=n't\b)|n't\b|'(?:s|re|ve|ll|d|m)\b|[^\W_]+")
"""A word as treebanks cut it: "don't" is "do" + "n't", "dog's" is "dog" + "'s"."""

COMPOUNDS = {"roundtable": ("round", "table")}
"""Words that are read as several."""
MOST_EDITS = 2
"""Letters added, dropped, changed or swapped in a word that is taken for another."""
PREFIX_LETTERS = 7
"""Of symspellpy's index; its own default."""


class WordLookup:
    """Finds the words of captions in a vocabulary.

    A word counts as it stands, else in lower case, else as its lemma, else as what it is made of,
    else as the nearest English word that the vocabulary has and that is at most two edits away, of
    equally near ones the most frequent; else it is dropped. (Liu et al., 2019, whose code keeps the
    case of a word and leaves it to spaCy's lemma. Lemmas are simplemma's here, corrections are
    SymSpell's.)
    """

    def __init__(self, vocabulary: Container[str]) -> None:
        """Take a vocabulary; nothing is loaded before a word is missing there."""
        self._vocabulary = vocabulary
        self._known: dict[str, tuple[str, ...]] = {}

    def find(self, caption: str) -> list[str]:
        """The words of the vocabulary that a caption is read as."""
        words = WORD.findall(caption.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'"))
        return [found for word in words for found in self._find(word)]

    def _find(self, word: str) -> tuple[str, ...]:
        if word not in self._known:
            readings = self._readings(word)
            self._known[word] = next(
                (found for found in readings if all(part in self._vocabulary for part in found)),
                (),
            )
        return self._known[word]

    def _readings(self, word: str) -> Iterator[tuple[str, ...]]:
        """From the most to the least literal."""
        lower = word.lower()
        yield (word,)
        yield (lower,)
        yield (_lemma(lower),)
        if lower in COMPOUNDS:
            yield COMPOUNDS[lower]
        if lower.isalpha():
            yield from self._corrections(lower)

    def _corrections(self, word: str) -> Iterator[tuple[str, ...]]:
        from symspellpy import Verbosity

        for found in _speller().lookup(word, Verbosity.ALL, max_edit_distance=MOST_EDITS):
            yield (found.term,)


@cache
def _speller() -> "SymSpell":
    """All English words with their frequencies; reading them takes 7 s."""
    from symspellpy import SymSpell

    speller = SymSpell(max_dictionary_edit_distance=MOST_EDITS, prefix_length=PREFIX_LETTERS)
    with as_file(files("symspellpy") / "frequency_dictionary_en_82_765.txt") as path:
        speller.load_dictionary(path, term_index=0, count_index=1)
    return speller


def _lemma(word: str) -> str:
    from simplemma import lemmatize  # its dictionary takes a while, and most words are known

    return lemmatize(word, lang="en")
