"""A machine for pickles that can call nothing: a mapped file in, values out. Standard library only.

Python's own ``pickle`` imports and calls whatever a file names. Here its opcodes are the library's,
but a name stays a name, and what it stands for is looked up in a table that the caller gives.
"""

import mmap
import pickle
import re
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

Call = Callable[..., Any]
DAMAGE = (
    *(pickle.UnpicklingError, struct.error, EOFError, MemoryError, OverflowError),
    *(ValueError, IndexError, KeyError, TypeError, AttributeError),
)
"""What comes of opcodes that do not fit together."""
_LARGE = 4096
"""Bytes from which a string stays in the file until it is needed."""
RECONSTRUCTORS = ("copy_reg._reconstructor", "copyreg._reconstructor")
"""What protocols 0 and 1 make objects by: of a class, its base and the base's state."""


class PickleError(Exception):
    """A pickle that is damaged, or asks for more than values."""


@dataclass(frozen=True)
class FileBytes:
    """Bytes that stay in the mapped file."""

    file: mmap.mmap
    start: int
    length: int

    def __len__(self) -> int:
        return self.length


class Opaque:
    """An object of a class that is not there.

    Attributes:
        state: What the class would have been given, as plain values.
    """

    state: Any = None

    def restore(self, state: object) -> None:
        """Take what the class would have been given."""
        self.state = state

    def leave(self, *_: object) -> None:
        """Leave aside what a container of that class would hold."""

    __setitem__ = append = extend = add = leave

    def __call__(self, *_: object) -> "Opaque":
        """What something that is not there makes of arguments."""
        return Opaque()


@dataclass(frozen=True)
class _Name:
    """What a pickle names to be imported, such as ``numpy.dtype``; it is not."""

    name: str
    calls: Mapping[str, Call]
    opaque: str

    def __call__(self, *arguments: Any) -> Any:  # noqa: ANN401 - a pickle holds anything
        """What the name makes of its arguments."""
        if self.name in RECONSTRUCTORS:
            return arguments[0]()
        if self.name in self.calls:
            return self.calls[self.name](*arguments)
        if re.fullmatch(self.opaque, self.name):
            return Opaque()
        raise PickleError(f"it asks for {self.name!r}, which is no plain value,")


def run_pickle(
    file: mmap.mmap, calls: Mapping[str, Call], *, opaque: str = "", load: Call | None = None
) -> Any:  # noqa: ANN401 - a pickle holds anything
    """The value of the pickle at the file's position, which moves behind it.

    Args:
        file: Mapped file.
        calls: Callable that replaces each global name, called with the pickle's arguments.
        opaque: Pattern of other names, whose objects become ``Opaque``; the rest is refused.
        load: Function that resolves a persistent ID; None if the pickle may have none.

    Raises:
        PickleError: The pickle is damaged, or asks for what it may not use.
    """
    try:
        return _Machine(file, calls, opaque, load).load()
    except PickleError as error:
        raise PickleError(f"{error} at byte {file.tell()}") from None
    except DAMAGE as error:
        reason = " ".join(str(error).split()) or "it has no end"
        raise PickleError(f"it is damaged before byte {file.tell()} ({reason})") from None


def _refuse(_: object) -> None:
    raise PickleError("it uses an extension, which no file of plain values does,")


def _build(machine: "_Machine") -> None:
    state = machine.stack.pop()
    restore = getattr(machine.stack[-1], "restore", None)
    if restore is None:
        raise PickleError("it gives a plain value a state")
    restore(state)


def _new_with_keywords(machine: "_Machine") -> None:
    if machine.stack.pop():
        raise PickleError("it makes an object by keywords")
    _reduce(machine)


def _bytes_after(size: int, made: Callable[[bytes], object]) -> Callable[["_Machine"], None]:
    """The step of bytes behind their length, which takes so many bytes itself."""

    def step(machine: "_Machine") -> None:
        file, length = machine.file, int.from_bytes(machine.read(size), "little")
        start = file.tell()
        if length > len(file) - start:
            raise PickleError(f"it ends before the {length} bytes of a string")
        if length < _LARGE:
            machine.append(made(machine.read(length)))
        else:
            machine.append(FileBytes(file, start, length))
            file.seek(length, 1)

    return step


_reduce: Callable[..., None] = pickle._Unpickler.dispatch[pickle.REDUCE[0]]


class _Machine(pickle._Unpickler):
    """The library's interpreter, as far as it is written in Python, which joblib extends as well.

    The faster one in C would read all arrays of a file into memory.
    """

    stack: list[Any]
    append: Callable[[object], None]
    read: Callable[[int], bytes]
    dispatch: ClassVar[dict[int, Callable[[Any], None]]] = {
        **pickle._Unpickler.dispatch,
        # a frame is read as a whole, with the arrays in it
        pickle.FRAME[0]: lambda machine: machine.read(8),
        pickle.BINSTRING[0]: _bytes_after(4, lambda data: data.decode("latin-1")),
        pickle.BINBYTES[0]: _bytes_after(4, bytes),
        pickle.BINBYTES8[0]: _bytes_after(8, bytes),
        pickle.BYTEARRAY8[0]: _bytes_after(8, bytes),
        pickle.NEWOBJ[0]: _reduce,
        pickle.NEWOBJ_EX[0]: _new_with_keywords,
        pickle.BUILD[0]: _build,
        **dict.fromkeys(pickle.EXT1 + pickle.EXT2 + pickle.EXT4, _refuse),
    }

    def __init__(
        self, file: mmap.mmap, calls: Mapping[str, Call], opaque: str, load: Call | None
    ) -> None:
        super().__init__(file, encoding="latin-1")
        self.file, self._calls, self._opaque, self._load = file, calls, opaque, load

    def find_class(self, module: str, name: str) -> _Name:
        """Import nothing."""
        return _Name(f"{module}.{name}", self._calls, self._opaque)

    def persistent_load(self, pid: Any) -> Any:  # noqa: ANN401 - the caller's
        """Resolve a persistent ID by the caller's function."""
        if self._load is None:
            raise PickleError("it refers to another file")
        return self._load(pid)
