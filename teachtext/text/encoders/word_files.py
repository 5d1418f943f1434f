"""Files of word vectors, as word2vec, GloVe, fastText and GrOVLE write them, read in place."""

import mmap
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from teachtext.errors import ConfigError

HEADER = re.compile(rb"(\d+) (\d+) ?\r?\n")
"""Words and width: the first line of word2vec's files, binary or text."""
PACKED = {b"\x1f\x8b": "gzip", b"PK": "zip"}
"""First bytes of files that are read only when unpacked."""
FLOAT_BYTES = 4


@dataclass(frozen=True)
class _Form:
    """How a file is written.

    Attributes:
        begin: Offset of the first word in bytes.
        words: Number of words that the header states; None without a header.
        dim: Width of a vector.
        binary: Whether numbers are stored as float32 rather than as text.
    """

    begin: int
    words: int | None
    dim: int
    binary: bool


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
        form = self._form()
        self.dim, self._binary = form.dim, form.binary
        self.places = self._binary_words(form) if form.binary else self._text_words(form)
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

    def _form(self) -> _Form:
        header = HEADER.match(self._map)
        if header is None:
            return _Form(0, None, self._numbers_in_line(0), binary=False)
        words, dim = int(header[1]), int(header[2])
        if dim == 0:
            raise self._wrong(0, "a header that promises vectors without numbers")
        text = self._numbers_in_line(header.end()) == dim
        return _Form(header.end(), words, dim, binary=not text)

    def _numbers_in_line(self, begin: int) -> int:
        """How many numbers follow the first word of a line, 0 if anything else does."""
        try:
            return len([float(field) for field in self._line(begin).split()[1:]])
        except ValueError:
            return 0

    def _binary_words(self, form: _Form) -> dict[str, int]:
        places: dict[str, int] = {}
        size, width, at = len(self._map), form.dim * FLOAT_BYTES, form.begin
        for number in range(form.words or 0):
            space = self._map.find(b" ", at)
            if space < 0 or space + 1 + width > size:
                raise self._wrong(at, f"its end after {number} of the {form.words} words")
            # some writers put a line's end behind each vector
            word = self._map[at:space].lstrip(b"\n").decode(errors="replace")
            places.setdefault(word, space + 1)
            at = space + 1 + width
        if self._map[at : at + 2].strip():
            raise self._wrong(at, f"more than the {form.words} words of its header")
        return places

    def _text_words(self, form: _Form) -> dict[str, int]:
        if form.dim == 0:
            raise self._wrong(0, "no word with its numbers in the first line")
        places: dict[str, int] = {}
        size, at, lines = len(self._map), form.begin, 0
        while at < size:
            end = self._map.find(b"\n", at)
            end = size if end < 0 else end
            space = self._map.find(b" ", at, end)
            if space > at:
                places.setdefault(self._map[at:space].decode(errors="replace"), at)
                last, lines = at, lines + 1
            at = end + 1
        if lines and self._numbers_in_line(last) < form.dim:
            raise self._wrong(last, f"less than {form.dim} numbers in the last line")
        if form.words not in (None, lines):
            raise self._wrong(size, f"its end after {lines} of the {form.words} words")
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
