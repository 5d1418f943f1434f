"""Pickles of foreign origin, read as plain values and arrays; nothing in them is run."""

import mmap
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from teachtext.errors import DatasetError
from teachtext.interop.features.pickle_machine import Call, FileBytes, PickleError, run_pickle

_ADVICE = "Only plain values and NumPy arrays are read. Ask its author for such a file."
_KINDS = "biufSU"
"""Kinds of NumPy's types that are read: truth values, numbers and text."""


class LazyArray:
    """An array in a pickle, whose values stay in the file until they are loaded."""

    def __init__(self, *_: object) -> None:
        self.shape: tuple[int, ...] = ()
        self._dtype = np.dtype(np.float64)
        self._fortran = False
        self._data: list[Any] | bytes | FileBytes = b""

    @classmethod
    def from_buffer(
        cls, data: object, dtype: "LazyType", shape: tuple[int, ...], order: str
    ) -> "LazyArray":
        """As protocol 5 writes arrays."""
        array = cls()
        array.restore((1, shape, dtype, order == "F", data))
        return array

    def restore(self, state: tuple[Any, ...]) -> None:
        """Take NumPy's (version, shape, type, Fortran order?, data)."""
        _, shape, dtype, fortran, data = state
        self.shape, self._fortran = tuple(shape), bool(fortran)
        if any(not isinstance(side, int) or side < 0 for side in self.shape):
            raise PickleError(f"it has an array of shape {self.shape}")
        if isinstance(data, list):  # NumPy's own way to write objects
            self._data, wanted = data, prod(self.shape)
        else:
            self._dtype, self._data = dtype.plain(), _bytes(data)
            wanted = prod(self.shape) * self._dtype.itemsize
        if len(self._data) != wanted:
            raise PickleError(f"it has an array of shape {self.shape} of {len(self._data)} bytes")

    def objects(self) -> list[Any] | None:
        """The values of an array of Python objects; None: it is one of numbers or text."""
        return self._data if isinstance(self._data, list) else None

    def load(self) -> NDArray[Any]:
        """The values, in the shape that they have; not to be written to.

        Raises:
            DatasetError: The values are Python objects.
        """
        if isinstance(self._data, list):
            raise DatasetError(f"A pickle has an array of Python objects. {_ADVICE}")
        if isinstance(self._data, FileBytes):
            source, start = self._data.file, self._data.start
            flat = np.frombuffer(source, self._dtype, prod(self.shape), start)
        else:
            flat = np.frombuffer(self._data, self._dtype)
        return flat.reshape(self.shape, order="F" if self._fortran else "C")


class LazyType:
    """A NumPy type, as pickles describe it."""

    def __init__(self, code: str, *_: object) -> None:
        self._code, self._endian = str(code), "="

    def restore(self, state: tuple[Any, ...]) -> None:
        """Take NumPy's (version, byte order, ...); what follows is of structures and objects."""
        self._endian = str(state[1])

    def plain(self) -> np.dtype[Any]:
        """The type itself.

        Raises:
            PickleError: The type is not one of plain values.
        """
        if self._code[:1] not in _KINDS or not self._code[1:].isdigit() or len(self._code) > 9:
            raise PickleError(f"it has values of NumPy's type {self._code!r}")
        dtype = np.dtype(self._code)
        return dtype.newbyteorder(">") if self._endian == ">" else dtype


def read_pickle(path: Path, *, opaque: str = "") -> Any:  # noqa: ANN401 - any plain value
    """Read a pickle of any protocol and of Python 2 or 3.

    Text of Python 2 is decoded as Latin-1. Arrays are ``LazyArray``; the file stays mapped as long
    as one of them exists.

    Args:
        path: Pickle to read.
        opaque: Pattern of the names of classes whose objects become ``Opaque``.

    Raises:
        DatasetError: The file is missing, damaged, or asks for more than plain values and arrays.
    """
    with mapped(path) as file:
        return run_pickle(file, CALLS, opaque=opaque)


def by_id(path: Path, value: object, to: str) -> dict[str, Any]:
    """A mapping from ID, as text, to something.

    Args:
        path: Pickle that the value was read from.
        value: Value to check.
        to: What IDs are mapped to, for the error.

    Raises:
        DatasetError: The value is something else.
    """
    if not isinstance(value, Mapping):
        raise DatasetError(
            f"{path} holds a {type(value).__name__}. Give a mapping from id to {to}."
        )
    return {str(key): item for key, item in value.items()}


def read_lists(path: Path) -> dict[str, list[Any]]:
    """Read a pickle of a mapping from video ID to what it has of each caption.

    Raises:
        DatasetError: The file cannot be read or trusted, or holds something else.
    """
    values = by_id(path, read_pickle(path), "captions")
    return {video: listed(value) for video, value in values.items()}


def read_words(path: Path) -> dict[str, list[str]]:
    """Read the words of captions.

    Args:
        path: Pickle of a mapping from video ID to captions, each a string or a list of words.

    Raises:
        DatasetError: The file cannot be read or trusted, or holds something else.
    """
    try:
        return {
            video: [caption if isinstance(caption, str) else " ".join(caption) for caption in own]
            for video, own in read_lists(path).items()
        }
    except TypeError:
        raise DatasetError(f"{path} has captions that are no texts. Give words.") from None


def listed(value: object) -> list[Any]:
    """A list, an array of objects, or a single value as a list."""
    if isinstance(value, LazyArray):
        objects = value.objects()
        return [value] if objects is None else objects
    return list(value) if isinstance(value, list | tuple) else [value]


@contextmanager
def mapped(path: Path) -> Iterator[mmap.mmap]:
    """Map a file of pickles; what is wrong with them is told with its name.

    Raises:
        DatasetError: The file is missing or empty, or the block raises a ``PickleError``.
    """
    try:
        with path.open("rb") as stream:
            file = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:
        raise DatasetError(f"Cannot read {path}: {error}. Give a pickle.") from None
    try:
        yield file
    except PickleError as error:
        raise DatasetError(f"{path} is no pickle to trust: {error}. {_ADVICE}") from None


def _bytes(data: object) -> bytes | FileBytes:
    """Data of an array; Python 2 wrote it as text."""
    if isinstance(data, str):
        return data.encode("latin-1")
    if not isinstance(data, bytes | bytearray | FileBytes):
        raise PickleError(f"it has an array of {type(data).__name__}")
    return data if isinstance(data, FileBytes) else bytes(data)


def _encoded(text: str, encoding: str) -> bytes:
    """Bytes, as Python 3 writes them for Python 2."""
    if encoding.lower() not in ("latin1", "latin-1"):
        raise PickleError(f"it encodes by {encoding!r}")
    return text.encode("latin-1")


def _scalar(dtype: LazyType, data: object) -> Any:  # noqa: ANN401 - any number or text
    array = LazyArray()
    array.restore((1, (1,), dtype, False, data))
    return array.load()[0].item()


def _no_bytes(*arguments: object) -> bytes:
    if arguments:
        raise PickleError("it makes bytes of numbers")
    return b""


CALLS: dict[str, Call] = {
    "collections.OrderedDict": lambda pairs=(): dict(pairs),
    "collections.defaultdict": lambda *_: {},
    "_codecs.encode": _encoded,
    "numpy.dtype": LazyType,
}
"""What is made of a name; ``numpy.core`` is called ``numpy._core`` since NumPy 2."""
for _core in ("numpy.core", "numpy._core"):
    CALLS[f"{_core}.multiarray._reconstruct"] = LazyArray
    CALLS[f"{_core}.multiarray.scalar"] = _scalar
    CALLS[f"{_core}.numeric._frombuffer"] = LazyArray.from_buffer
for _builtins in ("builtins", "__builtin__"):
    CALLS[f"{_builtins}.bytes"] = _no_bytes
    CALLS[f"{_builtins}.set"] = set
    CALLS[f"{_builtins}.frozenset"] = frozenset
