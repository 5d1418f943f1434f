"""Files of word vectors, as word2vec, GloVe, fastText and GrOVLE write them, read in place."""

import mmap
import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from teachtext.errors import ConfigError

HEADER = re.compile(rb"(\d+) (\d+) ?\r?\n")
"""Words and width: the first line of word2vec's files, binary or text."""
PACKED = {b"\x1f\x8b": "gzip", b"PK": "zip"}
"""First bytes of files that are read only when unpacked."""
FLOAT_BYTES = 4


class WordFile:
    """The words of a file and their vectors, which stay in the file until they are asked for.

    Of a word that the file has twice, the first counts. What is no number is found when its word is
    looked up; everything else that may be wrong with the file, when it is opened.

    Attributes:
        dim: D, the width of a vector.
        places: Word -> byte offset from which its vector is read.
    """

    def __init__(self, path: Path) -> None:
        """Map the file and find its words.

        Args:
            path: File in word2vec's binary format, or text with a word and its numbers in each
                line, with or without a header.

        Raises:
            ConfigError: No such file, or it is damaged or of another kind; says where.
        """
        self._path = path
        self._map = self._mapped()
        begin, words, self.dim, self._binary = self._form()
        find = self._binary_words if self._binary else self._text_words
        self.places = find(begin, words)
        if not self.places:
            raise self._wrong(0, "no word")

    def vector(self, word: str) -> NDArray[np.float32]:
        """(D,) vector of a word that the file has.

        Raises:
            ConfigError: It is not numbers.
        """
        place = self.places[word]
        if self._binary:
            vector = np.frombuffer(self._map, "<f4", self.dim, place).astype(np.float32)
        else:
            vector = self._text_vector(place)
        if not np.isfinite(vector).all():
            raise self._wrong(place, "a value that is no finite number")
        return vector

    def _mapped(self) -> mmap.mmap:
        try:
            with self._path.open("rb") as file:
                mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:
            raise ConfigError(
                f"Cannot read the word vectors in {self._path}: {error}. "
                "Give a file of word2vec or GloVe, binary or text."
            ) from None
        for start, packer in PACKED.items():
            if mapped[: len(start)] == start:
                raise ConfigError(
                    f"{self._path} is packed by {packer}. Unpack it, and give the file within."
                )
        return mapped

    def _form(self) -> tuple[int, int, int, bool]:
        """How the file is written.

        Returns:
            Offset of the first word in bytes, number of words that a header states or -1, width of
            a vector, and whether numbers are stored as float32 rather than as text.
        """
        header = HEADER.match(self._map)
        if header is None:
            return 0, -1, self._numbers_in_line(0), False
        words, dim = int(header[1]), int(header[2])
        if dim == 0:
            raise self._wrong(0, "a header that promises vectors without numbers")
        return header.end(), words, dim, self._numbers_in_line(header.end()) != dim

    def _numbers_in_line(self, begin: int) -> int:
        """How many numbers follow the first word of a line, 0 if anything else does."""
        try:
            return len([float(field) for field in self._line(begin).split()[1:]])
        except ValueError:
            return 0

    def _binary_words(self, at: int, words: int) -> dict[str, int]:
        places: dict[str, int] = {}
        size, width = len(self._map), self.dim * FLOAT_BYTES
        for number in range(words):
            space = self._map.find(b" ", at)
            if space < 0 or space + 1 + width > size:
                raise self._wrong(at, f"its end after {number} of the {words} words")
            # some writers put a line's end behind each vector
            word = self._map[at:space].lstrip(b"\n").decode(errors="replace")
            places.setdefault(word, space + 1)
            at = space + 1 + width
        if self._map[at : at + 2].strip():
            raise self._wrong(at, f"more than the {words} words of its header")
        return places

    def _text_words(self, at: int, words: int) -> dict[str, int]:
        if self.dim == 0:
            raise self._wrong(0, "no word with its numbers in the first line")
        places: dict[str, int] = {}
        size, lines = len(self._map), 0
        while at < size:
            end = self._map.find(b"\n", at)
            end = size if end < 0 else end
            space = self._map.find(b" ", at, end)
            if space > at:
                places.setdefault(self._map[at:space].decode(errors="replace"), at)
                last, lines = at, lines + 1
            at = end + 1
        if lines and self._numbers_in_line(last) < self.dim:
            raise self._wrong(last, f"less than {self.dim} numbers in the last line")
        if words not in (-1, lines):
            raise self._wrong(size, f"its end after {lines} of the {words} words")
        return places

    def _text_vector(self, place: int) -> NDArray[np.float32]:
        numbers = self._line(place).split()[1:]
        if len(numbers) != self.dim:
            raise self._wrong(place, f"{len(numbers)} numbers, not {self.dim}")
        try:
            return np.array([float(number) for number in numbers], np.float32)
        except ValueError as error:
            raise self._wrong(place, str(error)) from None

    def _line(self, begin: int) -> bytes:
        end = self._map.find(b"\n", begin)
        return self._map[begin : len(self._map) if end < 0 else end]

    def _wrong(self, place: int, what: str) -> ConfigError:
        return ConfigError(
            f"{self._path} has {what}, at byte {place}. "
            "Give a whole file of word2vec or GloVe, binary or text."
        )
